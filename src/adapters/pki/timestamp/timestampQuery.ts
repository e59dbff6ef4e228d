import { Integer, Null, OctetString } from 'asn1js'
import { AlgorithmIdentifier, MessageImprint, TimeStampReq } from 'pkijs'

export interface TimestampQuery {
  readonly hash: Buffer
  /** OID. */
  readonly hashAlgorithm: string
  readonly nonce: bigint
  /** OID; undefined leaves the choice to the authority. */
  readonly policy: string | undefined
}

/** DER of a TimeStampReq (RFC 3161 §2.4.1), with the certificate asked for. */
export function encodeQuery(query: TimestampQuery): Buffer {
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({
        algorithmId: query.hashAlgorithm,
        algorithmParams: new Null(),
      }),
      hashedMessage: new OctetString({ valueHex: Uint8Array.from(query.hash) }),
    }),
    ...(query.policy === undefined ? {} : { reqPolicy: query.policy }),
    nonce: Integer.fromBigInt(query.nonce),
    certReq: true,
  })
  return Buffer.from(request.toSchema().toBER())
}
