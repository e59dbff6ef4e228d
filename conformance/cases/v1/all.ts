import { inOrder, type Case } from '../../case.ts'
import { authLogin } from './authLogin.ts'
import { authLoginRefresh } from './authLoginRefresh.ts'
import { authRevoke } from './authRevoke.ts'
import { credentialsAuthorize } from './credentialsAuthorize.ts'
import { credentialsAuthorizeFactors } from './credentialsAuthorizeFactors.ts'
import { credentialsAuthorizeLocks } from './credentialsAuthorizeLocks.ts'
import { credentialsAuthorizeRefusals } from './credentialsAuthorizeRefusals.ts'
import { credentialsInfo } from './credentialsInfo.ts'
import { credentialsInfoParts } from './credentialsInfoParts.ts'
import { credentialsList } from './credentialsList.ts'
import { extendTransaction } from './extendTransaction.ts'
import { info } from './info.ts'
import { sendOTP } from './sendOTP.ts'
import { service } from './service.ts'
import { signHash } from './signHash.ts'
import { signHashAlgorithms } from './signHashAlgorithms.ts'
import { signHashBinding } from './signHashBinding.ts'
import { signHashMismatches } from './signHashMismatches.ts'
import { signHashRefusals } from './signHashRefusals.ts'
import { timestamp } from './timestamp.ts'

/** The cases of version 1, in the order of its clauses; what waits, and what destroys, comes last. */
export const V1: readonly Case[] = inOrder([
  ...service,
  ...info,
  ...authLogin,
  ...authLoginRefresh,
  ...authRevoke,
  ...credentialsList,
  ...credentialsInfo,
  ...credentialsInfoParts,
  ...credentialsAuthorize,
  ...credentialsAuthorizeRefusals,
  ...credentialsAuthorizeFactors,
  ...credentialsAuthorizeLocks,
  ...extendTransaction,
  ...sendOTP,
  ...signHash,
  ...signHashRefusals,
  ...signHashBinding,
  ...signHashAlgorithms,
  ...signHashMismatches,
  ...timestamp,
])
