import assert from 'node:assert/strict'
import { MAX_BODY_BYTES } from '../../../sap/limits.ts'
import { SAM_OPERATIONS, type Role } from '../../../sap/operations.ts'
import { buildSam, newRequestId, type TestSam } from '../../support/buildSam.ts'
import { eventsOf, journalOf } from '../../support/samActs.ts'
import { rawSap, type RawAnswer } from '../../support/rawSap.ts'

const ROLES: readonly Role[] = ['ssa', 'ra', 'ca', 'officer']

interface Row {
  /** Who may, from docs/architecture.md by hand: never from the code. */
  readonly roles: readonly Role[]
  /** A well-formed message about things that do not exist. */
  readonly message: Readonly<Record<string, unknown>>
  /** What the operation itself answers to it; undefined: it succeeds. */
  readonly answer?: string
}

const caller = { signerId: 'sgn-none', clientId: 'none' }
const login = { ...caller, familyId: 'fam-none', credentialId: 'cred-none' }
const hashes = [Buffer.alloc(32, 7).toString('base64')]
const der = Buffer.from('3000', 'hex').toString('base64')

const TABLE: Readonly<Record<string, Row>> = {
  status: { roles: ['ssa'], message: {} },
  credentials: { roles: ['ssa'], message: { signerId: 'sgn-none' } },
  factors: { roles: ['ssa', 'ra'], message: { signerId: 'sgn-none' } },
  sendOtp: { roles: ['ssa'], message: { ...caller, credentialId: 'cred-none' }, answer: 'client_unknown' },
  authorize: {
    roles: ['ssa'],
    message: { ...login, numberOfSignatures: 1, hashes, otp: '12345678' },
    answer: 'client_unknown',
  },
  extend: { roles: ['ssa'], message: { ...login, sad: 'none', hashes }, answer: 'sad_invalid' },
  sign: {
    roles: ['ssa'],
    message: { ...login, sad: 'none', hashes, signAlgorithm: '1.2.840.10045.4.3.2' },
    answer: 'sad_invalid',
  },
  signDocument: {
    roles: ['ssa'],
    message: {
      ...login,
      sad: 'none',
      documents: [{ digest: hashes[0], format: 'pades', signedAttributes: der }],
      signAlgorithm: '1.2.840.10045.4.3.2',
    },
    answer: 'sad_invalid',
  },
  voidSad: { roles: ['ssa'], message: { familyId: 'fam-none' } },
  suspend: {
    roles: ['ssa'],
    message: { ...caller, credentialId: 'cred-none', reason: 'test' },
    answer: 'credential_unknown',
  },

  beginFactorChange: {
    roles: ['ssa'],
    message: { ...caller, kind: 'pin', action: 'set', pin: 'k7-Pq2x9' },
    answer: 'client_unknown',
  },
  confirmFactorChange: {
    roles: ['ssa'],
    message: { ...caller, changeId: 'otp-none', otp: '12345678' },
    answer: 'client_unknown',
  },
  cancelFactorChange: {
    roles: ['ssa', 'ra'],
    message: { signerId: 'sgn-none', factorId: 'pin.sgn-none', reason: 'test' },
    answer: 'factor_unknown',
  },
  resetFactor: {
    roles: ['ra'],
    message: { signerId: 'sgn-none', factorId: 'pin.sgn-none', reason: 'test', pin: 'k7-Pq2x9' },
    answer: 'signer_unknown',
  },
  removeFactor: {
    roles: ['ra'],
    message: { signerId: 'sgn-none', factorId: 'pin.sgn-none', reason: 'test' },
    answer: 'factor_unknown',
  },

  createSigner: { roles: ['ra'], message: { commonName: 'Nobody', country: 'DK' } },
  enrolPin: { roles: ['ra'], message: { signerId: 'sgn-none', pin: 'k7-Pq2x9' }, answer: 'signer_unknown' },
  enrolTotp: { roles: ['ra'], message: { signerId: 'sgn-none' }, answer: 'signer_unknown' },
  setOtpDestination: {
    roles: ['ra'],
    message: { signerId: 'sgn-none', channel: 'file', destination: 'x@example.org' },
    answer: 'signer_unknown',
  },
  unlockFactor: {
    roles: ['ra'],
    message: { signerId: 'sgn-none', factorId: 'pin.sgn-none', reason: 'test' },
    answer: 'factor_unknown',
  },
  resume: {
    roles: ['ra'],
    message: { credentialId: 'cred-none', reason: 'test' },
    answer: 'credential_unknown',
  },
  generateKey: {
    roles: ['ra'],
    message: { signerId: 'sgn-none', keyType: 'p-256', policy: 'otp' },
    answer: 'signer_unknown',
  },
  certificationRequest: {
    roles: ['ra'],
    message: { credentialId: 'cred-none' },
    answer: 'credential_unknown',
  },
  linkCertificate: {
    roles: ['ra'],
    message: { credentialId: 'cred-none', chain: [der] },
    answer: 'credential_unknown',
  },
  destroy: {
    roles: ['ra'],
    message: { credentialId: 'cred-none', reason: 'test' },
    answer: 'credential_unknown',
  },

  attestedKey: { roles: ['ca'], message: { credentialId: 'cred-none' }, answer: 'credential_unknown' },

  registerClient: { roles: ['officer'], message: { clientId: 'none-2', name: 'None' } },
  journal: { roles: ['officer'], message: { ofRequest: 'request-none' } },
  acceptState: { roles: ['officer'], message: { reason: 'test' }, answer: 'state_forbids' },
}

describe('SAP: role by operation', () => {
  let sam: TestSam
  before(async () => {
    sam = await buildSam()
  })
  after(() => sam.dispose())

  const send = (role: Role, operation: string, message: object): Promise<RawAnswer> =>
    rawSap(
      sam.socketPath,
      sam.identities[role],
    )({ path: `/sap/v1/${operation}`, body: JSON.stringify(message) })

  it('serves exactly the operations of the table', () => {
    assert.deepEqual(Object.keys(SAM_OPERATIONS).sort(), Object.keys(TABLE).sort())
  })

  for (const [operation, { roles, message, answer }] of Object.entries(TABLE))
    for (const role of ROLES) {
      const isAllowed = roles.includes(role)
      it(`${isAllowed ? 'lets' : 'refuses'} ${role} ${operation}`, async () => {
        const requestId = newRequestId()
        const { status, error } = await send(role, operation, { requestId, ...message })
        const events = await eventsOf(sam, requestId)
        if (!isAllowed) {
          assert.deepEqual({ status, error }, { status: 403, error: 'forbidden' })
          const [event] = events
          assert.equal(events.length, 1)
          assert.deepEqual([event?.['code'], event?.['reason']], ['forbidden', `not for role ${role}`])
          assert.deepEqual([event?.['operation'], event?.['peer']], [operation, `${role}-1`])
          return
        }
        assert.equal(error, answer)
        if (answer === undefined) assert.equal(status, 200)
        else assert.deepEqual([events[0]?.['type'], events[0]?.['code']], ['REFUSED', answer])
      })
    }

  it('refuses what is no message at all by the role, within the limits of any message', async () => {
    for (const body of ['', '{', 'x'.repeat(MAX_BODY_BYTES + 1), JSON.stringify({ requestId: 'a b' })]) {
      const known = (await journalOf(sam, 'REFUSED')).length
      const { status, error } = await rawSap(
        sam.socketPath,
        sam.identities.ssa,
      )({ path: '/sap/v1/destroy', body })
      assert.deepEqual({ status, error }, { status: 403, error: 'forbidden' })
      const refusals = (await journalOf(sam, 'REFUSED')).slice(known)
      assert.deepEqual(
        refusals.map(({ code, requestId }) => [code, requestId]),
        [['forbidden', undefined]],
      )
    }
  })

  for (const name of [
    'mint',
    'backup',
    'Sign',
    'sign/',
    'sign?x=1',
    'sign%00',
    '',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
  ])
    for (const role of ROLES)
      it(`knows no operation "${name}" for ${role}`, async () => {
        const requestId = newRequestId()
        const { status, error } = await send(role, name, { requestId })
        assert.deepEqual({ status, error }, { status: 404, error: 'unknown_operation' })
        const events = await eventsOf(sam, requestId)
        assert.deepEqual(
          events.map(({ code, peer }) => [code, peer]),
          [['unknown_operation', `${role}-1`]],
        )
      })
})
