import { login } from '../csc/auth/login.ts'
import { revoke } from '../csc/auth/revoke.ts'
import type { Deps } from '../csc/deps.ts'
import { callerRoute, openRoute, type Route } from './route.ts'

interface LoginBody {
  readonly refresh_token?: string
  readonly rememberMe?: boolean
}

interface LoginAnswer {
  readonly access_token: string
  readonly refresh_token?: string
  /** Seconds. */
  readonly expires_in: number
}

/** `auth/login` and `auth/revoke`, which both versions have alike. */
export function authRoutes(deps: Deps): Readonly<Record<string, Route>> {
  return {
    'auth/login': openRoute<LoginBody>(async (body, { requestId, clientId, address, authorization }) => {
      const tokens = await login(deps, {
        requestId,
        clientId,
        address,
        authorization,
        refreshToken: body.refresh_token,
        isRemembered: body.rememberMe ?? false,
      })
      return {
        access_token: tokens.accessToken,
        ...(tokens.refreshToken === undefined ? {} : { refresh_token: tokens.refreshToken }),
        expires_in: tokens.expiresInSeconds,
      } satisfies LoginAnswer
    }),
    'auth/revoke': callerRoute<{ readonly token: string }>(async (body, caller) => {
      await revoke(deps, { caller, token: body.token })
      return undefined
    }),
  }
}
