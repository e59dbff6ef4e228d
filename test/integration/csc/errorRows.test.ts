import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { samplePdf } from '../../../ades/pdf/samplePdf.ts'
import { listIn, memberOf, textIn } from '../../support/bodyOf.ts'
import { basic, buildSsa, type Answer, type CallOptions } from '../../support/buildSsa.ts'
import { digestEntry, documentEntry, sha256 } from '../../support/documentEntries.ts'
import { errorRows, type ErrorRow } from '../../support/errorRows.ts'
import { newHashes } from '../../support/samActs.ts'
import { testTsa, type TestTsa } from '../../support/testTsa.ts'
import {
  base64,
  buildService,
  call,
  makeAccount,
  otpFor,
  sadFor,
  type Account,
  type Service,
} from '../../support/service.ts'

const RSA = '1.2.840.113549.1.1.1'
const RSA_SHA256 = '1.2.840.113549.1.1.11'
const PSS = '1.2.840.113549.1.1.10'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const HOUR = 3_600_000
const SHA384 = '2.16.840.1.101.3.4.2.2'
const TEXT = Buffer.from('a document')

type Case = (row: ErrorRow) => Promise<Answer>

/** Every row of the error tables against the whole service: each method that `info` names has a case for each of its rows. */
describe('the error tables of CSC API v1.0.4.0 §11 and v2.0.0.2 §11', function () {
  this.timeout(60_000)
  let service: Service
  let ada: Account
  /** Another SSA of the same SAM, which waits for no authorization. */
  let impatient: Service
  let tsa: TestTsa
  let offset = 0

  before(async () => {
    tsa = await testTsa()
    service = await buildService(
      { clockSources: { wall: () => Date.now() + offset, monotonic: () => performance.now() + offset } },
      { timestamp: { url: tsa.url, authority: tsa.authorityFile } },
    )
    const { sam } = service
    const samAddress = { socketPath: sam.socketPath, identity: sam.identities.ssa }
    const ssa = await buildSsa({ sam: samAddress, config: { authorization: { waitSeconds: 0.001 } } })
    impatient = { sam, ssa, dispose: () => ssa.dispose() }
    ada = await makeAccount(service, { keyType: 'rsa-3072', policy: 'otp-pin' })
  })
  after(async () => {
    await impatient.dispose()
    await service.dispose()
    await tsa.close()
  })

  const send = (row: ErrorRow, body: object, options: CallOptions = {}): Promise<Answer> =>
    service.ssa.post(row.version, row.method, body, { token: ada.token, ...options })
  const hashName = ({ version }: ErrorRow): 'hash' | 'hashes' => (version === 'v1' ? 'hash' : 'hashes')
  const algorithmName = ({ version }: ErrorRow): string =>
    version === 'v1' ? 'hashAlgo' : 'hashAlgorithmOID'
  const factorsAs = ({ version }: ErrorRow, factors: { OTP?: string; PIN?: string }): object =>
    version === 'v1' ? factors : { authData: Object.entries(factors).map(([id, value]) => ({ id, value })) }
  /** A request of credentials/authorize that is right but for its factors. */
  const authorization = (row: ErrorRow, account: Account, changes: object = {}): object => ({
    credentialID: account.credentialID,
    numSignatures: 1,
    [hashName(row)]: base64(newHashes(1)),
    ...(row.version === 'v1' ? {} : { hashAlgorithmOID: SHA256 }),
    ...changes,
  })
  const signing = (row: ErrorRow, changes: object = {}): object => ({
    credentialID: ada.credentialID,
    SAD: 'x',
    [hashName(row)]: base64(newHashes(1)),
    signAlgo: RSA_SHA256,
    ...changes,
  })
  /** signHash under a SAD of its own that authorizes `hashes`. */
  const signed = async (row: ErrorRow, changes: (hashes: readonly Buffer[]) => object): Promise<Answer> => {
    const hashes = newHashes(1)
    const SAD = await sadFor(service, ada, hashes, { PIN: ada.signer.pin })
    return send(row, signing(row, { SAD, [hashName(row)]: base64(hashes), ...changes(hashes) }))
  }
  const suspended = async (): Promise<Account> => {
    const account = await makeAccount(service)
    const { credentialId, signerId } = account.signer
    const change = { requestId: 'request-s', credentialId, reason: 'test' }
    await service.sam.ssa.call('suspend', { ...change, signerId, clientId: 'basic' })
    return account
  }
  const withLockedOtp = async (): Promise<Account> => {
    const account = await makeAccount(service)
    for (let tries = 0; tries < 5; tries++)
      await call(service, account, 'v1 credentials/authorize', {
        credentialID: account.credentialID,
        numSignatures: 1,
        hash: base64(newHashes(1)),
        OTP: '00000000',
      })
    return account
  }
  const withLockedPin = async (): Promise<Account> => {
    const account = await makeAccount(service, { policy: 'pin' })
    for (let tries = 0; tries < 5; tries++)
      await call(service, account, 'v1 credentials/authorize', {
        credentialID: account.credentialID,
        numSignatures: 1,
        PIN: 'wrong-pin',
      })
    return account
  }
  const later = (step: () => Promise<Answer>): Promise<Answer> => {
    offset += HOUR / 2
    return step()
  }

  /** By method, and where the versions differ by `v1 method` or `v2 method`; then by the row's case. */
  const CASES: Readonly<Record<string, Readonly<Record<string, Case>>>> = {
    '': {
      'header-malformed': (row) => send(row, {}, { authorization: 'Token x' }),
      'credential-missing': (row) => send(row, { ...rightBody(row), credentialID: undefined }),
      'credential-invalid': (row) => send(row, { ...rightBody(row), credentialID: 'cred-nobodys' }),
      'certificates-invalid': (row) => send(row, { ...rightBody(row), certificates: 'all' }),
      'user-id-given': (row) => send(row, { userID: 'somebody' }),
      'client-data-invalid': (row) => send(row, { ...rightBody(row), clientData: 7 }),
    },
    'auth/login': {
      'header-malformed': ({ version, method }) =>
        service.ssa.post(version, method, {}, { authorization: 'Basic ???' }),
      'credentials-malformed': ({ version, method }) =>
        service.ssa.post(version, method, {}, { authorization: `Basic ${btoa('nobody')}` }),
      'refresh-token-malformed': ({ version, method }) =>
        service.ssa.post(version, method, { refresh_token: 'no token' }),
      'refresh-token-unknown': ({ version, method }) =>
        service.ssa.post(version, method, { refresh_token: randomBytes(32).toString('base64url') }),
      'login-failed': ({ version, method }) =>
        service.ssa.post(version, method, {}, { authorization: basic(ada.username, 'wrong') }),
    },
    'auth/revoke': {
      'token-missing': (row) => send(row, {}),
      'hint-invalid': (row) => send(row, { token: ada.token, token_type_hint: 'session' }),
      'token-invalid': (row) => send(row, { token: randomBytes(32).toString('base64url') }),
    },
    'credentials/list': { 'page-token-invalid': (row) => send(row, { pageToken: 'x' }) },
    'credentials/authorize': {
      'key-disabled': async (row) => {
        const account = await suspended()
        return send(row, authorization(row, account), { token: account.token })
      },
      'number-missing': (row) => send(row, authorization(row, ada, { numSignatures: undefined })),
      'number-below-one': (row) => send(row, authorization(row, ada, { numSignatures: 0 })),
      'number-too-high': (row) => send(row, authorization(row, ada, { numSignatures: 201 })),
      'otp-invalid': (row) =>
        send(row, authorization(row, ada, factorsAs(row, { OTP: '00000000', PIN: ada.signer.pin }))),
      'factor-wrong': (row) =>
        send(row, authorization(row, ada, factorsAs(row, { OTP: '00000000', PIN: ada.signer.pin }))),
      'pin-invalid': async (row) => {
        const hashes = newHashes(1)
        const factors = factorsAs(row, { OTP: await otpFor(service, ada, hashes), PIN: 'wrong-pin' })
        return send(row, authorization(row, ada, { ...factors, [hashName(row)]: base64(hashes) }))
      },
      'pin-locked': async (row) => {
        const account = await withLockedPin()
        const factors = { PIN: account.signer.pin }
        return send(row, authorization(row, account, factors), { token: account.token })
      },
      'otp-locked': async (row) => {
        const account = await withLockedOtp()
        return send(row, authorization(row, account, { OTP: '1' }), { token: account.token })
      },
      locked: async (row) => {
        const account = await withLockedOtp()
        const factors = factorsAs(row, { OTP: '00000000' })
        return send(row, authorization(row, account, factors), { token: account.token })
      },
    },
    'credentials/sendOTP': {
      'otp-locked': async (row) => {
        const account = await withLockedOtp()
        return send(row, { credentialID: account.credentialID }, { token: account.token })
      },
    },
    'credentials/getChallenge': {
      'object-invalid': (row) => send(row, { credentialID: ada.credentialID, authObjectID: 'FINGER' }),
    },
    'credentials/authorizeCheck': {
      'handle-invalid': (row) => send(row, { handle: 'nobodys' }),
      'factor-wrong': () => checkedLater({ OTP: '00000000' }),
      locked: () => checkedLater({ OTP: '00000000' }, 5),
    },
    'signatures/timestamp': {
      'hash-missing': (row) => send(row, { hashAlgo: SHA256 }),
      'hash-empty': (row) => send(row, { hash: '', hashAlgo: SHA256 }),
      'digest-length': (row) => send(row, { hash: 'AAAA', hashAlgo: SHA256 }),
      'hash-no-base64': (row) => send(row, { hash: '@@@@', hashAlgo: SHA256 }),
      'hash-algorithm-invalid': (row) => send(row, { hash: base64([sha256(TEXT)])[0], hashAlgo: '1.2.3' }),
      'nonce-invalid': (row) =>
        send(row, { hash: base64([sha256(TEXT)])[0], hashAlgo: SHA256, nonce: 'xyz' }),
    },
    'signatures/signPolling': {
      'not-yet': polledAtOnce,
      'request-missing': (row) => send(row, {}),
      'request-invalid': (row) => send(row, { requestID: 'nobodys' }),
      'user-id-given': (row) => send(row, { requestID: 'x', userID: 'somebody' }),
    },
    'signatures/signDoc': {
      'sad-missing': (row) => send(row, document({}, { SAD: undefined })),
      'sad-invalid': (row) => send(row, document()),
      'digests-invalid': (row) => send(row, document({}, { documentDigests: 'x' })),
      'documents-invalid': (row) => send(row, document({}, { documentDigests: undefined, documents: {} })),
      'nothing-to-sign': (row) => send(row, document({}, { documentDigests: undefined })),
      'both-given': (row) => send(row, document({}, documentEntry(TEXT))),
      'hashes-no-base64': (row) => send(row, document({ hashes: ['@'] })),
      'documents-no-base64': (row) =>
        send(row, document({}, { documentDigests: undefined, ...documentEntry(TEXT, { document: '@' }) })),
      'not-authorized': async (row) => {
        const pdf = samplePdf()
        const SAD = await sadFor(service, ada, [sha256(pdf)], { PIN: ada.signer.pin })
        const form = { signature_format: 'P', signAlgo: RSA_SHA256 }
        return send(row, document({}, { SAD, documentDigests: undefined, ...documentEntry(pdf, form) }))
      },
      'sign-algorithm-missing': (row) => send(row, document({ signAlgo: undefined })),
      'parameters-missing': (row) => send(row, document({ signAlgo: PSS })),
      'hash-algorithm-contradicts': (row) => send(row, document({ hashAlgorithmOID: SHA384 })),
      'hash-algorithm-invalid': (row) => send(row, document({ hashAlgorithmOID: '1.2.3.4' })),
      'sign-algorithm-invalid': (row) => send(row, document({ signAlgo: '1.2.3.4' })),
      'format-invalid': (row) => send(row, document({ signature_format: 'X' })),
      'format-missing': (row) => send(row, document({ signature_format: undefined })),
      'level-invalid': (row) => send(row, document({ conformance_level: 'AdES-B-LTA' })),
      'envelope-invalid': (row) => send(row, document({ signed_envelope_property: 'Enveloped' })),
      'signed-props-invalid': (row) =>
        send(row, document({ signed_props: [{ attribute_name: 'mime-type', attribute_value: 'AA==' }] })),
      'mode-invalid': (row) => send(row, document({}, { operationMode: 'X' })),
      'period-invalid': (row) => send(row, document({}, { operationMode: 'A', validity_period: 'long' })),
      'period-out-of-bounds': (row) => send(row, document({}, { operationMode: 'A', validity_period: 1e9 })),
      'response-uri-invalid': (row) =>
        send(row, document({}, { operationMode: 'A', response_uri: 'ftp://x' })),
      'digest-length': (row) => send(row, document({ hashes: [randomBytes(20).toString('base64')] })),
      'sad-expired': async (row) => {
        const hashes = newHashes(1)
        const SAD = await sadFor(service, ada, hashes, { PIN: ada.signer.pin })
        return later(() => send(row, document({ hashes: base64(hashes) }, { SAD })))
      },
      'certificate-expired': async (row) => {
        const account = await makeAccount(service, { notAfter: Date.now() + offset + HOUR / 4 })
        const hashes = newHashes(1)
        const SAD = await sadFor(service, account, hashes)
        const { credentialID, token } = account
        return later(() => send(row, { credentialID, SAD, ...digestEntry(hashes) }, { token }))
      },
      'hash-mismatch': async (row) => {
        const SAD = await sadFor(service, ada, newHashes(1), { PIN: ada.signer.pin })
        return send(row, document({}, { SAD }))
      },
    },
    'signatures/signHash': {
      'credential-invalid': (row) => signed(row, () => ({ credentialID: 'cred-nobodys' })),
      'mode-invalid': (row) => send(row, signing(row, { operationMode: 'X' })),
      'period-invalid': (row) => send(row, signing(row, { operationMode: 'A', validity_period: 'long' })),
      'period-out-of-bounds': (row) => send(row, signing(row, { operationMode: 'A', validity_period: 1e9 })),
      'response-uri-invalid': (row) =>
        send(row, signing(row, { operationMode: 'A', response_uri: 'ftp://x' })),
      'sad-missing': (row) => send(row, signing(row, { SAD: undefined })),
      'sad-invalid': (row) => send(row, signing(row)),
      'hash-missing': (row) => send(row, signing(row, { [hashName(row)]: undefined })),
      'hash-empty': (row) => send(row, signing(row, { [hashName(row)]: [] })),
      'hash-no-base64': (row) => send(row, signing(row, { [hashName(row)]: ['?'] })),
      'hash-not-authorized': (row) => signed(row, () => ({ [hashName(row)]: base64(newHashes(1)) })),
      'sign-algorithm-missing': (row) => send(row, signing(row, { signAlgo: undefined })),
      'parameters-missing': (row) => signed(row, () => ({ signAlgo: PSS })),
      'hash-algorithm-missing': (row) => signed(row, () => ({ signAlgo: RSA })),
      'hash-algorithm-invalid': (row) =>
        signed(row, () => ({ signAlgo: RSA, [algorithmName(row)]: '1.2.3.4' })),
      'sign-algorithm-invalid': (row) => signed(row, () => ({ signAlgo: '1.2.3.4' })),
      'digest-length': (row) =>
        signed(row, () => ({ [hashName(row)]: [randomBytes(20).toString('base64')] })),
      'sad-expired': async (row) => {
        const hashes = newHashes(1)
        const SAD = await sadFor(service, ada, hashes, { PIN: ada.signer.pin })
        return later(() => send(row, signing(row, { SAD, [hashName(row)]: base64(hashes) })))
      },
      'certificate-expired': async (row) => {
        const account = await makeAccount(service, { notAfter: Date.now() + offset + HOUR / 4 })
        const hashes = newHashes(1)
        const SAD = await sadFor(service, account, hashes)
        const { credentialID, token } = account
        const body = { credentialID, SAD, [hashName(row)]: base64(hashes), signAlgo: '1.2.840.10045.4.3.2' }
        return later(() => send(row, body, { token }))
      },
    },
  }
  /** A request of signDoc that is right but for its SAD; `changes` are to its one digest. */
  function document(changes: object = {}, more: object = {}): object {
    return {
      credentialID: ada.credentialID,
      SAD: 'x'.repeat(43),
      ...digestEntry([sha256(TEXT)], { signAlgo: RSA_SHA256, ...changes }),
      ...more,
    }
  }

  /** What authorizeCheck says of an authorization that the service did not wait for, after so many wrong ones. */
  async function checkedLater(factors: { readonly OTP: string }, wrongBefore = 0): Promise<Answer> {
    const account = await makeAccount(impatient)
    const checked = async (): Promise<Answer> => {
      const body = {
        credentialID: account.credentialID,
        numSignatures: 1,
        hashes: base64(newHashes(1)),
        hashAlgorithmOID: SHA256,
        authData: [{ id: 'OTP', value: factors.OTP }],
      }
      const begun = await call(impatient, account, 'v2 credentials/authorize', body)
      assert.equal(begun.status, 202)
      for (;;) {
        const handle = textIn(begun.body, 'handle')
        const answer = await call(impatient, account, 'v2 credentials/authorizeCheck', { handle })
        if (answer.status !== 202) return answer
        await sleep(20)
      }
    }
    for (let tries = 0; tries < wrongBefore; tries++) await checked()
    return checked()
  }

  /** A long list, so that it is still being signed when it is asked for. */
  async function polledAtOnce(row: ErrorRow): Promise<Answer> {
    const hashes = newHashes(100)
    const body = {
      credentialID: ada.credentialID,
      SAD: await sadFor(service, ada, hashes, { PIN: ada.signer.pin }),
      hashes: base64(hashes),
      signAlgo: RSA_SHA256,
      operationMode: 'A',
    }
    const begun = await service.ssa.post('v2', 'signatures/signHash', body, { token: ada.token })
    return send(row, { requestID: textIn(begun.body, 'responseID') })
  }

  /** A body that is right up to where the row's own fault goes. */
  function rightBody(row: ErrorRow): object {
    if (row.method === 'signatures/signHash') return signing(row)
    if (row.method === 'signatures/signDoc') return document()
    if (row.method === 'credentials/authorize') return authorization(row, ada)
    if (row.method === 'credentials/getChallenge') return { authObjectID: 'OTP' }
    if (row.method === 'signatures/signPolling') return { requestID: 'x' }
    return { credentialID: ada.credentialID }
  }
  const caseOf = (row: ErrorRow): Case | undefined =>
    CASES[`${row.version} ${row.method}`]?.[row.case] ??
    CASES[row.method]?.[row.case] ??
    CASES['']?.[row.case]

  const rows = errorRows()
  const servedBy = async (version: 'v1' | 'v2'): Promise<readonly unknown[]> =>
    listIn((await service.ssa.post(version, 'info', {})).body, 'methods')
  const expired = (row: ErrorRow): boolean => row.case.endsWith('-expired')

  it('has a case for each row of each method that info names', async () => {
    for (const version of ['v1', 'v2'] as const) {
      const served = await servedBy(version)
      const missing = rows.filter(
        (row) =>
          row.version === version &&
          served.includes(row.method) &&
          row.unreachable === undefined &&
          caseOf(row) === undefined,
      )
      assert.deepEqual(
        missing.map(({ name }) => name),
        [],
      )
    }
  })

  it('leaves out no method that info names', async () => {
    for (const version of ['v1', 'v2'] as const) {
      const known = new Set(rows.filter((row) => row.version === version).map(({ method }) => method))
      const unknown = (await servedBy(version)).filter(
        (method) => method !== 'info' && !known.has(String(method)),
      )
      assert.deepEqual(unknown, [])
    }
  })

  // What needs a later time comes last: the SAM's clock never goes back.
  for (const row of [...rows.filter((one) => !expired(one)), ...rows.filter(expired)]) {
    const attempt = row.unreachable === undefined ? caseOf(row) : undefined
    if (attempt === undefined) continue
    it(`${row.name}: ${String(row.status)} ${row.description}`, async () => {
      const answer = await attempt(row)
      if (!(await servedBy(row.version)).includes(row.method)) {
        assert.deepEqual([answer.status, memberOf(answer.body, 'error')], [501, 'not_implemented'])
        return
      }
      const description = row.description
        .replace('{organization}', 'Test')
        .replace('{commonName}', 'Ada Test')
        .replace('{attributes}', 'mime-type')
      assert.deepEqual(
        [answer.status, memberOf(answer.body, 'error'), textIn(answer.body, 'error_description')],
        [row.status, row.error, description],
      )
    })
  }
})
