import type { SignatureScheme } from '../../sap/algorithms.ts'

/** What a redeemed activation allows: exactly these digests, in this order, with this scheme, with this key. */
export interface Grant {
  readonly credentialId: string
  readonly scheme: SignatureScheme
  readonly digests: readonly Buffer[]
  /** Milliseconds since 1970: no HSM call after it. */
  readonly leaseUntil: number
}

const minted = new WeakMap<Activation, Grant>()

/**
 * Proof that a SAD was verified and its hashes were spent, with the intent durable in the journal. Only `activate`
 * makes one, and the signer redeems it once: there is no other way to a signing key.
 */
export class Activation {
  private constructor() {
    // Nothing to hold: the grant stands in the map, so that no copy of the object carries it.
  }

  /** For `activate.ts` alone; test/architecture.test.ts holds everybody else to it. */
  static mint(grant: Grant): Activation {
    const activation = new Activation()
    minted.set(activation, grant)
    return activation
  }

  /** The grant, once. Throws on a second call. */
  redeem(): Grant {
    const grant = minted.get(this)
    if (grant === undefined) throw new Error('this activation was redeemed already')
    minted.delete(this)
    return grant
  }
}
