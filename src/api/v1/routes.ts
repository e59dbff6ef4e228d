import { authorize } from '../../csc/credentials/authorize.ts'
import { extendTransaction } from '../../csc/credentials/extendTransaction.ts'
import { info as credentialInfo, type CredentialInfo } from '../../csc/credentials/info.ts'
import { listPage } from '../../csc/credentials/list.ts'
import { sendOTP } from '../../csc/credentials/sendOTP.ts'
import type { Deps } from '../../csc/deps.ts'
import { info } from '../../csc/info.ts'
import { signHash } from '../../csc/signatures/signHash.ts'
import { Refusal } from '../../domain/errors.ts'
import { presencesOf, type Presences } from '../../domain/presence.ts'
import { authRoutes } from '../authRoutes.ts'
import { bindingOf, digestsOf, isSecret, labelOf, numberOfSignatures, parametersOf } from '../bodies.ts'
import { credentialMembers, infoOptions } from '../credentialMembers.ts'
import { labelsFor, sentTo, type Labels } from '../labels.ts'
import { callerRoute, openRoute, type ApiVersion, type Route } from '../route.ts'
import { timestampRoute } from '../timestampRoute.ts'
import type * as wire from './contract.d.ts'
import { malformedHeader, wording } from './wording.ts'

/** CSC API v1.0.4.0: its names for what the methods do. */
export function v1(deps: Deps): ApiVersion {
  const routes: Record<string, Route> = {
    info: openRoute<wire.InfoRequest>(({ lang }) => {
      const { authTypes, signatureAlgorithms: _, ...service } = info(deps, lang)
      const methods = Object.keys(routes)
      return Promise.resolve({
        specs: '1.0.3.0',
        ...service,
        authType: [...authTypes],
        methods,
      } satisfies wire.InfoResponse)
    }),
    ...authRoutes(deps),
    ...credentialRoutes(deps),
    ...authorizationRoutes(deps),
    'signatures/signHash': callerRoute<wire.SignHashRequest>(async (body, caller) => {
      const signatures = await signHash(deps, {
        caller,
        credentialId: body.credentialID,
        sad: body.SAD,
        hashes: digestsOf(body.hash),
        signAlgorithm: body.signAlgo,
        hashAlgorithm: body.hashAlgo,
        signAlgorithmParameters: parametersOf(body.signAlgoParams),
      })
      return {
        signatures: signatures.map((signature) => signature.toString('base64')),
      } satisfies wire.SignHashResponse
    }),
    ...timestampRoute(deps),
  }
  return {
    basePath: '/csc/v1',
    contractFile: 'csc-v1.yaml',
    wording,
    malformedHeader,
    documentOperations: [],
    routes,
  }
}

function credentialRoutes(deps: Deps): Record<string, Route> {
  return {
    'credentials/list': callerRoute<wire.CredentialsListRequest>(async (body, caller) => {
      const page = await listPage(deps, {
        caller,
        userId: body.userID === '' ? undefined : body.userID,
        maxResults: body.maxResults,
        pageToken: body.pageToken,
      })
      return {
        credentialIDs: page.credentialIds,
        ...(page.nextPageToken === undefined ? {} : { nextPageToken: page.nextPageToken }),
      } satisfies wire.CredentialsListResponse
    }),
    'credentials/info': callerRoute<wire.CredentialsInfoRequest>(async (body, caller) => {
      const labels = labelsFor(body.lang, deps.service.lang)
      const found = await credentialInfo(deps, {
        caller,
        credentialId: body.credentialID,
        options: infoOptions(body),
      })
      const presences = presencesOf(found.credential)
      if (presences === undefined)
        throw new Refusal('credential_invalid', { detail: 'v1 has no words for it' })
      return {
        ...credentialMembers(found),
        authMode: 'explicit',
        SCAL: found.credential.scal,
        ...factorMembers(found, presences, labels),
        multisign: found.credential.multisign,
        lang: labels.language,
      } satisfies wire.CredentialsInfoResponse
    }),
  }
}

function authorizationRoutes(deps: Deps): Record<string, Route> {
  return {
    'credentials/authorize': callerRoute<wire.CredentialsAuthorizeRequest>(async (body, caller) => {
      if (body.OTP !== undefined && !isSecret(body.OTP)) throw new Refusal('otp_invalid')
      if (body.PIN !== undefined && !isSecret(body.PIN)) throw new Refusal('pin_invalid')
      const { sad, expiresInSeconds } = await authorize(deps, {
        caller,
        credentialId: body.credentialID,
        numberOfSignatures: numberOfSignatures(body.numSignatures),
        hashes: body.hash === undefined ? undefined : digestsOf(body.hash),
        hashAlgorithm: undefined,
        oneTimePassword: body.OTP,
        otp: undefined,
        totp: undefined,
        pin: body.PIN,
        description: labelOf(body.description),
      })
      return { SAD: sad, expiresIn: expiresInSeconds } satisfies wire.SadResponse
    }),
    'credentials/extendTransaction': callerRoute<wire.ExtendTransactionRequest>(async (body, caller) => {
      const { sad, expiresInSeconds } = await extendTransaction(deps, {
        caller,
        credentialId: body.credentialID,
        sad: body.SAD,
        hashes: body.hash === undefined ? undefined : digestsOf(body.hash),
        hashAlgorithm: undefined,
      })
      return { SAD: sad, expiresIn: expiresInSeconds } satisfies wire.SadResponse
    }),
    'credentials/sendOTP': callerRoute<wire.SendOtpRequest>(async (body, caller) => {
      await sendOTP(deps, {
        caller,
        credentialId: body.credentialID,
        binding: bindingOf({
          hashes: body.hash,
          hashAlgorithm: body.hashAlgo,
          nonce: body.nonce,
          description: body.description,
        }),
      })
      return undefined
    }),
  }
}

/** §11.5: `PIN` and `OTP`, when asked for. v1 has one kind of OTP: sent, or made by a device. */
function factorMembers(
  { factors }: CredentialInfo,
  { pin, code, codeKind }: Presences,
  labels: Labels,
): { PIN?: wire.Pin; OTP?: wire.Otp } {
  if (factors === undefined) return {}
  const isSent = codeKind === 'otp'
  return {
    PIN: pin === 'false' ? { presence: pin } : { presence: pin, format: 'A', label: labels.factors.pin },
    OTP:
      code === 'false'
        ? { presence: code }
        : {
            presence: code,
            type: isSent ? 'online' : 'offline',
            format: 'N',
            label: labels.factors[codeKind],
            ...sentTo(labels, factors.find(({ kind }) => kind === codeKind)?.destination ?? ''),
            ID: isSent ? 'OTP' : 'TOTP',
          },
  }
}
