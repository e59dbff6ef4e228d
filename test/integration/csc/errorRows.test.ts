import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { SapFailure, type SapErrorCode } from '../../../sap/errors.ts'
import type { SamAnswer } from '../../../sap/operations.ts'
import { memberOf } from '../../support/bodyOf.ts'
import { buildSsa, type TestSsa, type Version } from '../../support/buildSsa.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'
import { issueTestCertificate, makeAuthority, pemOf } from '../../support/testPki.ts'
import type { Case, MethodRows } from './rows/row.ts'
import { V1 } from './rows/v1.ts'
import { V2 } from './rows/v2.ts'

const TABLES: Readonly<Record<Version, Readonly<Record<string, MethodRows>>>> = { v1: V1, v2: V2 }
const CLAUSES: Readonly<Record<Version, string>> = { v1: 'v1.0.4.0', v2: 'v2.0.0.2' }

describe('every row of the error tables — CSC API v1.0.4.0 §11, v2.0.0.2 §11', () => {
  let sam: ScriptedSam
  let ssa: TestSsa
  let token: string
  let credentials: SamAnswer<'credentials'>

  before(async () => {
    const authority = await makeAuthority()
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
    const spki = new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey))
    credentials = credentialsWith(await issueTestCertificate(authority, spki))
    const anchor = join(scratchFolder('rows'), 'tsa.pem')
    await writeFile(anchor, pemOf(authority.certificate))
    sam = await scriptedSam()
    const timestamp = { url: 'https://tsa.example/', authority: anchor }
    ssa = await buildSsa({ sam, config: { timestamp } })
    await ssa.addUser({ username: 'ada', password: 'correct horse', signerId: 'signer-1' })
    token = await ssa.login('ada', 'correct horse')
  })
  after(async () => {
    await ssa.dispose()
    await sam.dispose()
  })

  const script = (how: Exclude<Case, { never: string }>): void => {
    const refuse = (): never => {
      throw failure(how.sam ?? 'internal')
    }
    const known = how.isWithoutCredential === true ? { credentials: [] } : credentials
    sam.handlers = {
      credentials: () => Promise.resolve(known),
      voidSad: () => Promise.resolve({ voided: 0 }),
      authorize: refuse,
      sendOtp: refuse,
      sign: refuse,
      signDocument: refuse,
    }
  }

  for (const version of ['v1', 'v2'] as const)
    for (const [method, { right, rows }] of Object.entries(TABLES[version]))
      for (const [index, { status, error, description, how }] of rows.entries()) {
        if ('never' in how) continue
        it(`${version} ${method}, row ${index + 1}: ${description}`, async () => {
          script(how)
          const { authorization } = how
          const call = authorization === undefined ? { token } : authorization === '' ? {} : { authorization }
          const answer = await ssa.post(version, method, { ...right, ...how.change }, call)
          assert.deepEqual(answer.body, { error, error_description: description })
          assert.equal(answer.status, status)
        })
      }

  for (const version of ['v1', 'v2'] as const) {
    it(`has every row of ${CLAUSES[version]}`, () => {
      for (const [method, { count, rows }] of Object.entries(TABLES[version]))
        assert.equal(rows.length, count, method)
    })

    it(`has a table for every method of ${version} that takes anything`, () => {
      const contract: unknown = parse(readFileSync(`openapi/csc-${version}.yaml`, 'utf8'))
      const paths = Object.keys(memberOf(contract, 'paths') ?? {}).map((path) => path.slice(1))
      const own = paths.filter((path) => path !== 'info' && !path.startsWith('oauth2/'))
      // Named by v2's Table 4, described nowhere in it.
      const described = own.filter((path) => !(version === 'v2' && path === 'credentials/sendOTP'))
      assert.deepEqual(Object.keys(TABLES[version]).sort(), described.sort())
    })
  }
})

function failure(code: SapErrorCode): SapFailure {
  const subject = { organization: 'Test Ltd', commonName: 'Ada' }
  return new SapFailure(code, 'as the test wants it', code === 'certificate_expired' ? { subject } : {})
}

function credentialsWith(certificate: Buffer): SamAnswer<'credentials'> {
  return {
    credentials: [
      {
        credentialId: 'cred-1',
        description: '',
        state: 'ACTIVE',
        keyType: 'p-256',
        chain: [certificate],
        policy: { scal: '2', multisign: 5, factors: ['otp'], minimumGrade: 'plain-otp', lateHashes: false },
      },
    ],
  }
}
