import { authorize } from '../../csc/credentials/authorize.ts'
import { extendTransaction } from '../../csc/credentials/extendTransaction.ts'
import { getChallenge } from '../../csc/credentials/getChallenge.ts'
import { info as credentialInfo, infos, type CredentialInfo } from '../../csc/credentials/info.ts'
import { PendingAuthorizations, type Pending } from '../../csc/credentials/pendingAuthorizations.ts'
import { listAll } from '../../csc/credentials/list.ts'
import type { Deps } from '../../csc/deps.ts'
import { info } from '../../csc/info.ts'
import { hasPartsOf } from '../../domain/specs.ts'
import type { Sad } from '../../ports/sam.ts'
import { authRoutes } from '../authRoutes.ts'
import { bindingOf, digestsOf, labelOf, numberOfSignatures } from '../bodies.ts'
import { credentialMembers, infoOptions } from '../credentialMembers.ts'
import { labelsFor, type Labels } from '../labels.ts'
import { Accepted, callerRoute, openRoute, type ApiVersion, type Route } from '../route.ts'
import { timestampRoute } from '../timestampRoute.ts'
import { factorsOf, factorOfObject, objectsOf } from './authObjects.ts'
import { laterCertificateMembers, LATER_FORMATS, LATER_MEMBERS, laterRoutes } from './laterParts.ts'
import type * as wire from './contract.d.ts'
import { listedOptions } from './listBody.ts'
import { signatureRoutes } from './signatureRoutes.ts'
import { malformedHeader, wording } from './wording.ts'

/** CSC API v2.0.0.2: its names for what the methods do. */
export function v2(deps: Deps): ApiVersion {
  const hasLaterParts = hasPartsOf(deps.service.specs, '2.1.0.0')
  const routes: Record<string, Route> = {
    info: openRoute<wire.InfoRequest>(({ lang }) => {
      const { authTypes, signatureAlgorithms, ...service } = info(deps, lang)
      return Promise.resolve({
        specs: deps.service.specs,
        ...service,
        authType: [...authTypes],
        asynchronousOperationMode: true,
        methods: Object.keys(routes),
        validationInfo: false,
        signAlgorithms: { algos: signatureAlgorithms, algoParams: [] },
        signature_formats: {
          formats: ['C', 'P'],
          envelope_properties: [['Attached', 'Detached'], ['Revision']],
          ...(hasLaterParts ? LATER_FORMATS : {}),
        },
        conformance_levels: ['AdES-B-B'],
        ...(hasLaterParts ? LATER_MEMBERS : {}),
      } satisfies wire.InfoResponse)
    }),
    ...authRoutes(deps),
    ...credentialRoutes(deps),
    ...authorizationRoutes(deps),
    ...(hasLaterParts ? laterRoutes(deps) : {}),
    ...signatureRoutes(deps),
    ...timestampRoute(deps),
  }
  return {
    basePath: '/csc/v2',
    contractFile: 'csc-v2.yaml',
    wording,
    malformedHeader,
    documentOperations: ['signatures/signDoc'],
    routes,
  }
}

function credentialRoutes(deps: Deps): Record<string, Route> {
  const members = (found: CredentialInfo, labels: Labels): wire.CredentialsInfoResponse => {
    const { cert, ...common } = credentialMembers(found)
    return {
      ...common,
      cert: { ...cert, ...laterCertificateMembers(deps.service.specs, found) },
      auth: {
        mode: 'explicit',
        ...(found.factors === undefined ? {} : objectsOf(found.credential.expression, found.factors, labels)),
      },
      SCAL: found.credential.scal,
      multisign: found.credential.multisign,
      ...(found.credential.signs === 'both' ? {} : { signs: found.credential.signs }),
      lang: labels.language,
    }
  }
  return {
    'credentials/list': callerRoute<wire.CredentialsListRequest>(async (body, caller) => {
      const onlyEnabled = body.onlyValid ?? false
      const options = listedOptions(body)
      const labels = labelsFor(body.lang, deps.service.lang)
      const credentials = await listAll(deps, {
        caller,
        userId: body.userID === '' ? undefined : body.userID,
        onlyEnabled,
      })
      const found = options && (await infos(deps, { caller, credentials, options }))
      return {
        credentialIDs: credentials.map((credential) => credential.id),
        ...(found && {
          credentialInfos: found.map((info) => ({
            credentialID: info.credential.id,
            ...members(info, labels),
          })),
        }),
        ...(onlyEnabled ? { onlyValid: true } : {}),
      } satisfies wire.CredentialsListResponse
    }),
    'credentials/info': callerRoute<wire.CredentialsInfoRequest>(async (body, caller) => {
      const options = infoOptions(body)
      const found = await credentialInfo(deps, { caller, credentialId: body.credentialID, options })
      return members(found, labelsFor(body.lang, deps.service.lang))
    }),
  }
}

function sadOrHandle(outcome: Sad | Pending): object {
  if ('handle' in outcome) return new Accepted({ handle: outcome.handle } satisfies wire.HandleResponse)
  return { SAD: outcome.sad, expiresIn: outcome.expiresInSeconds } satisfies wire.SadResponse
}

function authorizationRoutes(deps: Deps): Record<string, Route> {
  const pending = new PendingAuthorizations({
    clock: deps.clock,
    waitMilliseconds: deps.authorizeWaitMilliseconds,
  })
  return {
    'credentials/authorize': callerRoute<wire.CredentialsAuthorizeRequest>(async (body, caller) => {
      const authorization = authorize(deps, {
        caller,
        credentialId: body.credentialID,
        numberOfSignatures: numberOfSignatures(body.numSignatures),
        hashes: body.hashes === undefined ? undefined : digestsOf(body.hashes),
        hashAlgorithm: body.hashAlgorithmOID,
        oneTimePassword: undefined,
        ...factorsOf(body.authData ?? []),
        description: labelOf(body.description),
      })
      return sadOrHandle(await pending.begin(caller, authorization))
    }),
    'credentials/authorizeCheck': callerRoute<wire.AuthorizeCheckRequest>((body, caller) =>
      Promise.resolve(sadOrHandle(pending.check(caller, body.handle))),
    ),
    'credentials/getChallenge': callerRoute<wire.GetChallengeRequest>(async (body, caller) => {
      await getChallenge(deps, {
        caller,
        credentialId: body.credentialID,
        factor: factorOfObject(body.authObjectID) === 'otp' ? 'otp' : undefined,
        binding: bindingOf({
          hashes: body.hashes,
          hashAlgorithm: body.hashAlgorithmOID,
          nonce: body.nonce,
          description: body.description,
        }),
      })
      return undefined
    }),
    'credentials/extendTransaction': callerRoute<wire.ExtendTransactionRequest>(async (body, caller) => {
      const { sad, expiresInSeconds } = await extendTransaction(deps, {
        caller,
        credentialId: body.credentialID,
        sad: body.SAD,
        hashes: body.hashes === undefined ? undefined : digestsOf(body.hashes),
        hashAlgorithm: body.hashAlgorithmOID,
      })
      return { SAD: sad, expiresIn: expiresInSeconds } satisfies wire.SadResponse
    }),
  }
}
