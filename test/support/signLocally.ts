import { preparePdf } from '../../ades/signPdf.ts'
import type { SignaturePlace } from '../../ades/pdf/signatureField.ts'
import type { SignatureScheme } from '../../sap/algorithms.ts'
import type { LocalSigner } from './localSigner.ts'

const TIME = new Date('2026-03-04T05:06:07.890Z')
const ECDSA: SignatureScheme = { name: 'ecdsa', digest: 'sha256' }

/** The PDF with a signature of a key in this process. Throws PdfRefusal. */
export function signLocally(
  pdf: Buffer,
  signer: LocalSigner,
  { scheme = ECDSA, place }: { readonly scheme?: SignatureScheme; readonly place?: SignaturePlace } = {},
): Buffer {
  const prepared = preparePdf({ pdf, chain: signer.chain, scheme, time: TIME, place })
  return Buffer.concat([pdf, prepared.complete(signer.sign(scheme, prepared.hash))])
}
