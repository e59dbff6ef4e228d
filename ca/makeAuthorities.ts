import type { Hsm } from '../hsm/hsm.ts'
import { subjectName } from '../sap/subjectName.ts'
import type { AuthorityKeys } from './authorityKeys.ts'
import type { AuthorityConfig, CaConfig } from './config.ts'
import { authorityExtensions } from './pki/extensions.ts'
import { signCertificate, toBeSigned, type Signer } from './pki/signCertificate.ts'

interface Deps {
  readonly hsm: Pick<Hsm, 'random' | 'signWithResident'>
  readonly keys: AuthorityKeys
  readonly config: Pick<CaConfig, 'root' | 'issuing'>
  /** Milliseconds since 1970. */
  now(): number
}

const DAY_MS = 86_400_000
const SERIAL_BYTES = 16

/** DER of a self-signed root and of the issuing CA under it, which may have no CA below itself. */
export async function makeAuthorities(
  deps: Deps,
): Promise<{ readonly root: Buffer; readonly issuing: Buffer }> {
  const { keys, config } = deps
  const notBefore = deps.now()
  const rootEnd = notBefore + config.root.validDays * DAY_MS
  const issuingEnd = Math.min(notBefore + config.issuing.validDays * DAY_MS, rootEnd)
  const common = { notBefore, issuer: config.root }
  return {
    root: await certify(deps, keys.root, {
      ...common,
      subject: config.root,
      notAfter: rootEnd,
      pathLength: undefined,
    }),
    issuing: await certify(deps, keys.issuing, {
      ...common,
      subject: config.issuing,
      notAfter: issuingEnd,
      pathLength: 0,
    }),
  }
}

interface Wish {
  readonly subject: AuthorityConfig
  readonly issuer: AuthorityConfig
  readonly notBefore: number
  readonly notAfter: number
  readonly pathLength: number | undefined
}

/** A certificate by the root for one of the two keys. */
async function certify(deps: Deps, certified: Signer, wish: Wish): Promise<Buffer> {
  const { root } = deps.keys
  const tbs = toBeSigned(
    {
      serialNumber: await deps.hsm.random(SERIAL_BYTES),
      issuer: nameOf(wish.issuer),
      subject: nameOf(wish.subject),
      notBefore: wish.notBefore,
      notAfter: wish.notAfter,
      publicKey: certified.publicKey,
      extensions: authorityExtensions(certified.publicKey, root.publicKey, wish.pathLength),
    },
    root.keyType,
  )
  return signCertificate(deps.hsm, root, tbs)
}

function nameOf({ commonName, organization, country }: AuthorityConfig): Buffer {
  return subjectName({ commonName, organization, country })
}
