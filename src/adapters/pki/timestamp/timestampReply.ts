import { fromBER, Sequence } from 'asn1js'
import { TimeStampResp } from 'pkijs'

/** An answer of the authority that is not what it should be. The message says what is wrong, for journal and log. */
export class TimestampRefused extends Error {
  override readonly name = 'TimestampRefused'
  /** The authority does not take the hash algorithm (PKIFailureInfo badAlg). */
  readonly isAlgorithmRefused: boolean
  constructor(reason: string, isAlgorithmRefused = false) {
    super(reason)
    this.isAlgorithmRefused = isAlgorithmRefused
  }
}

/** PKIStatus: granted, grantedWithMods. */
const GRANTED: readonly number[] = [0, 1]

/** The first bit of PKIFailureInfo is badAlg. */
const BAD_ALGORITHM = 0x80

/** The token of a TimeStampResp (RFC 3161 §2.4.2), byte for byte. Throws TimestampRefused. */
export function tokenOf(reply: Buffer): Buffer {
  const bytes = Uint8Array.from(reply)
  const { result, offset } = fromBER(bytes)
  if (offset !== bytes.length || !(result instanceof Sequence))
    throw new TimestampRefused('the answer is no DER')
  const { status } = readResponse(bytes)
  if (!GRANTED.includes(status.status)) {
    const failure = status.failInfo?.valueBlock.valueHexView.at(0) ?? 0
    throw new TimestampRefused(`not granted: status ${status.status}`, (failure & BAD_ALGORITHM) !== 0)
  }
  const [, token] = result.valueBlock.value
  if (token === undefined) throw new TimestampRefused('granted, but there is no token')
  return Buffer.from(token.valueBeforeDecodeView)
}

function readResponse(bytes: Uint8Array<ArrayBuffer>): TimeStampResp {
  try {
    return TimeStampResp.fromBER(bytes)
  } catch {
    throw new TimestampRefused('the answer is no TimeStampResp')
  }
}
