import { changed, json, withBody, type Defect } from '../faultyService.ts'
import { pssParameters } from '../../../conformance/acts/schemes.ts'
import {
  countedPages,
  countsNoOccurrences,
  deafToRevocation,
  foreignReadable,
  foreignTold,
  racingSad,
  replayableSad,
  reusableOtp,
  sadOfAnyCredential,
} from './rememberingDefects.ts'
import {
  authorizedAnyway,
  changedSignatures,
  insteadOfRefusal,
  onAnswer,
  otherSalt,
  rawEcdsa,
  signedAnyway,
} from './simpleDefects.ts'

export interface PlantedDefect {
  readonly name: string
  /** Id of the conformance case of the rule that it breaks. */
  readonly foundBy: string
  readonly make: () => Defect
}

const SIGN_V1 = 'v1 signatures/signHash'
const SIGN_V2 = 'v2 signatures/signHash'
const AUTHORIZE_V1 = 'v1 credentials/authorize'
const AUTHORIZE_V2 = 'v2 credentials/authorize'

const ofSigning: readonly PlantedDefect[] = [
  {
    name: 'signatures in another order than the hashes',
    foundBy: `${SIGN_V2} several-in-order`,
    make: () => onAnswer(SIGN_V2, (reply) => changedSignatures(reply, (all) => [...all].sort())),
  },
  { name: 'a SAD that can be replayed', foundBy: `${SIGN_V2} replay`, make: () => replayableSad(SIGN_V2) },
  {
    name: 'a SAD that signs for everybody who comes at once',
    foundBy: `${SIGN_V2} at-once`,
    make: () => racingSad(SIGN_V2),
  },
  {
    name: 'an unchecked length of hashes',
    foundBy: `${SIGN_V2} digest-length`,
    make: () => insteadOfRefusal(SIGN_V2, 'Invalid digest value length', signedAnyway),
  },
  {
    name: 'a SAD that is not bound to the hash',
    foundBy: `${SIGN_V2} hash-not-authorized`,
    make: () => insteadOfRefusal(SIGN_V2, 'Hash is not authorized by the SAD.', signedAnyway),
  },
  {
    name: 'a SAD that is not bound to the credential',
    foundBy: `${SIGN_V2} sad-of-another-credential`,
    make: () => sadOfAnyCredential('v2'),
  },
  {
    name: 'ECDSA signatures that are raw instead of DER',
    foundBy: `${SIGN_V1} ecdsa`,
    make: () =>
      onAnswer(SIGN_V1, (reply) =>
        changedSignatures(reply, (all) =>
          all.map((one) => rawEcdsa(Buffer.from(one, 'base64')).toString('base64')),
        ),
      ),
  },
  {
    name: 'RSASSA-PSS with another salt than asked for',
    foundBy: `${SIGN_V2} pss-sha256`,
    make: () => otherSalt(SIGN_V2, pssParameters('sha256', 20).toString('base64')),
  },
  {
    name: 'a hash that is signed twice on one authorization',
    foundBy: `${SIGN_V2} same-hash-twice-authorized-once`,
    make: () => countsNoOccurrences(SIGN_V2, 'hashes'),
  },
  {
    name: 'an expired SAD that signs',
    foundBy: `${SIGN_V2} sad-expired`,
    make: () => insteadOfRefusal(SIGN_V2, 'SAD expired', signedAnyway),
  },
  {
    name: 'a hash algorithm that is too weak and taken',
    foundBy: `${SIGN_V2} hash-algorithm-invalid`,
    make: () => insteadOfRefusal(SIGN_V2, 'Invalid parameter hashAlgorithmOID', signedAnyway),
  },
  {
    name: 'a wrong error text',
    foundBy: `${SIGN_V2} hash-empty`,
    make: () =>
      insteadOfRefusal(SIGN_V2, 'Empty hash array', (_wire, _forward, reply) =>
        changed(reply, (body) => ({ ...body, error_description: 'The hash array is empty' })),
      ),
  },
  {
    name: 'period and callback that count without operation mode A',
    foundBy: `${SIGN_V2} mode-s-ignores-period`,
    make: () => async (wire, forward) =>
      wire.method === SIGN_V2 && JSON.stringify(wire.body).includes('validity_period')
        ? json(400, { error: 'invalid_request', error_description: 'Invalid parameter validity_period' })
        : forward(wire),
  },
]

const ofAuthorizing: readonly PlantedDefect[] = [
  {
    name: 'a one-time password that can be used twice',
    foundBy: `${AUTHORIZE_V1} otp-twice`,
    make: () => reusableOtp('v1'),
  },
  {
    name: 'a wrong factor that is taken',
    foundBy: `${AUTHORIZE_V2} factor-wrong`,
    make: () => insteadOfRefusal(AUTHORIZE_V2, 'The authentication data is invalid', authorizedAnyway),
  },
  {
    name: 'a lock that a new code lifts',
    foundBy: `${AUTHORIZE_V1} otp-locked`,
    make: () =>
      insteadOfRefusal(AUTHORIZE_V1, 'OTP locked', () =>
        json(400, { error: 'invalid_otp', error_description: 'The OTP is invalid' }),
      ),
  },
  {
    name: 'more signatures than multisign',
    foundBy: `${AUTHORIZE_V2} number-too-high`,
    make: () => insteadOfRefusal(AUTHORIZE_V2, 'Numbers of signatures is too high', authorizedAnyway),
  },
  {
    name: 'a disabled credential that authorizes',
    foundBy: `${AUTHORIZE_V2} key-disabled`,
    make: () =>
      insteadOfRefusal(
        AUTHORIZE_V2,
        'The credential identified by credentialID is disabled',
        authorizedAnyway,
      ),
  },
]

const ofReading: readonly PlantedDefect[] = [
  {
    name: "a credential of somebody else's that can be read",
    foundBy: 'v1 credentials/info foreign-credential',
    make: () => foreignReadable('v1 credentials/info'),
  },
  {
    name: "a refusal that tells somebody else's credential from none",
    foundBy: 'v2 credentials/info foreign-credential',
    make: () => foreignTold('v2 credentials/info'),
  },
  {
    name: 'page tokens that can be guessed',
    foundBy: 'v1 credentials/list page-token-guessed',
    make: countedPages,
  },
  {
    name: 'members that are null',
    foundBy: 'v1 credentials/info answer-form',
    make: () =>
      onAnswer('v1 credentials/info', (reply) =>
        reply.status === 200 ? changed(reply, (body) => ({ ...body, description: null })) : reply,
      ),
  },
  {
    name: 'facts of the certificate that nobody asked for',
    foundBy: 'v2 credentials/info cert-info-unasked',
    make: () => (wire, forward) =>
      forward(wire.method === 'v2 credentials/info' ? withBody(wire, { certInfo: true }) : wire),
  },
]

const ofLogin: readonly PlantedDefect[] = [
  {
    name: 'a wrong status',
    foundBy: 'v1 auth/login login-failed',
    make: () =>
      insteadOfRefusal(
        'v1 auth/login',
        'An error occurred during authentication process',
        (_wire, _forward, reply) => ({ ...reply, status: 401 }),
      ),
  },
  {
    name: 'a refresh token that lives on after it was revoked',
    foundBy: 'v1 auth/revoke refresh-token',
    make: () => deafToRevocation('v1 auth/revoke', 'refresh_token'),
  },
  {
    name: 'an access token that lives on after it was revoked',
    foundBy: 'v2 auth/revoke access-token',
    make: () => deafToRevocation('v2 auth/revoke', 'access_token'),
  },
]

const ofTheService: readonly PlantedDefect[] = [
  {
    name: 'answers that do not say that they are JSON',
    foundBy: 'v1 info answer-form',
    make: () =>
      onAnswer('v1 info', (reply) => ({
        ...reply,
        headers: { ...reply.headers, 'content-type': 'text/html' },
      })),
  },
  {
    name: 'a stack trace in a refusal',
    foundBy: 'v2 credentials/info answer-form',
    make: () => async (wire, forward) => {
      const reply = await forward(wire)
      return reply.status >= 400
        ? changed(reply, (body) => ({ ...body, trace: new Error('at').stack?.split('\n') }))
        : reply
    },
  },
  {
    name: 'members that are not known and refused',
    foundBy: 'v2 service unknown-members',
    make: () => async (wire, forward) => {
      const known = /"(credentialID|lang|rememberMe|token|hash|SAD|PIN|OTP|userID|maxResults|authInfo)"/
      const isStrange = wire.raw.length > 2 && !known.test(wire.raw.toString())
      return isStrange
        ? json(400, { error: 'invalid_request', error_description: 'Unknown parameter' })
        : forward(wire)
    },
  },
]

/** Every defect that the suite must find, and by which case. */
export const plantedDefects: readonly PlantedDefect[] = [
  ...ofSigning,
  ...ofAuthorizing,
  ...ofReading,
  ...ofLogin,
  ...ofTheService,
]
