import type { Knex } from 'knex'
import { z } from 'zod'
import type { Journal } from '../journal/journal.ts'

/** A certificate about to be signed. */
export interface BegunCertificate {
  /** Hex. */
  readonly serial: string
  readonly credentialId: string
  readonly signerId: string
  /** Hex, of the DER SPKI. */
  readonly publicKeySha256: string
  readonly requestId: string
  /** Hex, of what the request's own key signed. */
  readonly requestSha256: string
  /** Milliseconds since 1970. */
  readonly begunAt: number
  readonly notAfter: number
}

const begunRows = z.array(z.object({ serial: z.string(), credential_id: z.string(), request_id: z.string() }))
const issuedRows = z.array(z.object({ certificate: z.instanceof(Buffer) }))

interface Deps {
  readonly knex: Knex
  readonly journal: Journal
}

/**
 * What this CA issued. BEGUN, durable before the HSM is asked, becomes ISSUED, durable before anybody gets the
 * certificate, or ABANDONED. Each step and its journal entry are one transaction.
 */
export class Certificates {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** False, and nothing is written, if the credential or its key has a certificate or is about to get one. */
  async begin(certificate: BegunCertificate): Promise<boolean> {
    const { knex, journal } = this.#deps
    return knex.transaction(async (trx) => {
      const inserted: unknown = await trx('certificate')
        .insert({
          serial: certificate.serial,
          credential_id: certificate.credentialId,
          signer_id: certificate.signerId,
          public_key_sha256: certificate.publicKeySha256,
          request_id: certificate.requestId,
          request_sha256: certificate.requestSha256,
          begun_at: certificate.begunAt,
          not_after: certificate.notAfter,
          state: 'BEGUN',
        })
        .onConflict()
        .ignore()
        .returning('serial')
      if (!Array.isArray(inserted) || inserted.length !== 1) return false
      const { serial, credentialId, signerId, publicKeySha256, requestId, notAfter } = certificate
      await journal.record(trx, {
        type: 'CERTIFICATE_BEGUN',
        requestId,
        fields: { serial, credentialId, signerId, publicKeySha256, notAfter },
      })
      return true
    })
  }

  /** The certificate that this very request got: for this credential and key, and the same content. */
  async issuedFor(certificate: BegunCertificate): Promise<Buffer | undefined> {
    const [row] = issuedRows.parse(
      await this.#deps
        .knex('certificate')
        .where({
          credential_id: certificate.credentialId,
          public_key_sha256: certificate.publicKeySha256,
          request_sha256: certificate.requestSha256,
          state: 'ISSUED',
        })
        .select('certificate'),
    )
    return row?.certificate
  }

  /** Throws if the certificate was not begun, or is settled already. */
  async issued(begun: BegunCertificate, certificate: Buffer, certificateSha256: string): Promise<void> {
    const { knex, journal } = this.#deps
    await knex.transaction(async (trx) => {
      const changed = await trx('certificate')
        .where({ serial: begun.serial, state: 'BEGUN' })
        .update({ state: 'ISSUED', certificate })
      if (changed !== 1) throw new Error('a certificate was issued that was not begun')
      await journal.record(trx, {
        type: 'CERTIFICATE_ISSUED',
        requestId: begun.requestId,
        fields: { serial: begun.serial, credentialId: begun.credentialId, certificateSha256 },
      })
    })
  }

  /** The certificate was not signed, or nobody got it: the credential may get another, under another number. */
  async abandon(serial: string, requestId: string, credentialId: string, reason: string): Promise<void> {
    const { knex, journal } = this.#deps
    await knex.transaction(async (trx) => {
      const changed = await trx('certificate')
        .where({ serial, state: 'BEGUN' })
        .update({ state: 'ABANDONED' })
      if (changed !== 1) return
      await journal.record(trx, {
        type: 'CERTIFICATE_ABANDONED',
        requestId,
        fields: { serial, credentialId, reason },
      })
    })
  }

  /** At the start, before anything is issued: what an earlier process left begun went to nobody. */
  async abandonEarlier(): Promise<number> {
    const left = begunRows.parse(
      await this.#deps
        .knex('certificate')
        .where({ state: 'BEGUN' })
        .select('serial', 'credential_id', 'request_id'),
    )
    for (const row of left)
      await this.abandon(row.serial, row.request_id, row.credential_id, 'the process ended meanwhile')
    return left.length
  }
}
