import { inOrder, type Case } from '../../case.ts'
import { authLogin } from './authLogin.ts'
import { authLoginRefresh } from './authLoginRefresh.ts'
import { authRevoke } from './authRevoke.ts'
import { credentialsList } from './credentialsList.ts'
import { credentialsInfo } from './credentialsInfo.ts'
import { credentialsInfoParts } from './credentialsInfoParts.ts'
import { credentialsAuthorize } from './credentialsAuthorize.ts'
import { credentialsAuthorizeLock } from './credentialsAuthorizeLock.ts'
import { credentialsAuthorizeRefusals } from './credentialsAuthorizeRefusals.ts'
import { credentialsAuthorizeCheck } from './credentialsAuthorizeCheck.ts'
import { credentialsGetChallenge } from './credentialsGetChallenge.ts'
import { extendTransaction } from './extendTransaction.ts'
import { service } from './service.ts'
import { sendOTP } from './sendOTP.ts'
import { timestamp } from './timestamp.ts'
import { info } from './info.ts'
import { infoSigning } from './infoSigning.ts'
import { signHash } from './signHash.ts'
import { signHashAlgorithms } from './signHashAlgorithms.ts'
import { signHashMismatches } from './signHashMismatches.ts'
import { signHashRefusals } from './signHashRefusals.ts'
import { signHashBinding } from './signHashBinding.ts'
import { signDocBinding } from './signDocBinding.ts'
import { signPolling } from './signPolling.ts'
import { signDoc } from './signDoc.ts'
import { signDocRefusals } from './signDocRefusals.ts'

/** The cases of version 2, in the order of its clauses; what waits, and what destroys, comes last. */
export const V2: readonly Case[] = inOrder([
  ...service,
  ...info,
  ...infoSigning,
  ...authLogin,
  ...authLoginRefresh,
  ...authRevoke,
  ...credentialsList,
  ...credentialsInfo,
  ...credentialsInfoParts,
  ...credentialsAuthorize,
  ...credentialsAuthorizeLock,
  ...credentialsAuthorizeRefusals,
  ...credentialsAuthorizeCheck,
  ...credentialsGetChallenge,
  ...extendTransaction,
  ...sendOTP,
  ...signHash,
  ...signHashRefusals,
  ...signHashBinding,
  ...signHashAlgorithms,
  ...signHashMismatches,
  ...signDoc,
  ...signDocRefusals,
  ...signDocBinding,
  ...signPolling,
  ...timestamp,
])
