import { askToAuthorize } from './askToAuthorize.ts'
import { answered, holds } from '../expect.ts'
import { listAt, textAt } from '../json.ts'
import { NotRun } from '../outcome.ts'
import type { Trial } from '../trial.ts'
import { authorize, sadIn } from './authorize.ts'
import { credential } from './credential.ts'
import type { Credential } from './credentials.ts'
import { documentOf } from './documents.ts'
import { factorMembers } from './factors.ts'
import { newPdf } from './pdf.ts'
import { post } from './post.ts'
import { schemeOf, usualHash } from './schemes.ts'
import { requireFormat, SIGN_DOC, signDocBody } from './signDoc.ts'

export interface SignedPdf {
  readonly pdf: Buffer
  readonly signedPdf: Buffer
  readonly credential: Credential
}

/**
 * Has a PDF signed by the service. What must be authorized can be read in two ways: the hash of the PDF that is sent, as
 * the standard says of `document`; or no hash at all, for nobody knows yet what the signature will be over. Notes which
 * it was. Throws NotOffered, NotRun or Refuted.
 */
export async function signPdf(trial: Trial): Promise<SignedPdf> {
  await requireFormat(trial, 'P')
  const one = await credential(trial)
  const scheme = schemeOf(one, usualHash(one))
  const pdf = newPdf()
  const documents = [documentOf(pdf, scheme.hash)]
  const sad = await authorize(trial, one, documents)
  const authorized = { credential: one, documents, scheme, format: 'P', sad } as const
  const body = await signDocBody(trial, authorized, { sends: 'documents' })
  const answer = await post(trial, SIGN_DOC, body, { as: one.user })
  if (answer.status === 200) {
    trial.note('a SAD over the hash of the PDF was taken')
    return { pdf, signedPdf: pdfIn(answered(answer)), credential: one }
  }
  trial.note(`a SAD over the hash of the PDF was refused: ${textAt(answer.json, 'error_description') ?? ''}`)
  return withoutHashes(trial, pdf)
}

async function withoutHashes(trial: Trial, pdf: Buffer): Promise<SignedPdf> {
  const one = await credential(trial, { scal: '1' }).catch(() => {
    throw new NotRun('a credential with SCAL 1: this service signs PDFs under a SAD without hashes only')
  })
  const scheme = schemeOf(one, usualHash(one))
  const wanted = { credentialID: one.id, numSignatures: 1, ...(await factorMembers(trial, one)) }
  const sad = sadIn(answered(await askToAuthorize(trial, wanted, { as: one.user })))
  const documents = [documentOf(pdf, scheme.hash)]
  const authorized = { credential: one, documents, scheme, format: 'P', sad } as const
  const body = await signDocBody(trial, authorized, { sends: 'documents' })
  trial.note('a SAD without hashes was taken')
  const signedPdf = pdfIn(answered(await post(trial, SIGN_DOC, body, { as: one.user })))
  return { pdf, signedPdf, credential: one }
}

function pdfIn(body: unknown): Buffer {
  const [made, ...others] = listAt(body, 'DocumentWithSignature')
  holds(
    typeof made === 'string' && others.length === 0,
    'one PDF was sent, `DocumentWithSignature` has not one',
  )
  return Buffer.from(made, 'base64')
}
