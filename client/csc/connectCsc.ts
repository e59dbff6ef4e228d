import type { ApiVersion, ServiceAddress } from '../connection.ts'
import type { CscSession, ServiceInfo } from './cscSession.ts'
import { openTransport, type TransportOptions } from './transport.ts'
import { v1Session } from './v1.ts'
import { v2Session } from './v2.ts'
import { loginAnswer, parseAnswer, serviceInfo } from './wire.ts'

export interface CscClient {
  info(): Promise<ServiceInfo>
  /** `auth/login` with HTTP Basic. Throws CscRequestError (`authentication_error`) if name or password is wrong. */
  login(username: string, password: string): Promise<CscSession>
  /** Closes the connections; sessions stay valid at the service until revoked. */
  close(): Promise<void>
}

const SESSIONS = { v1: v1Session, v2: v2Session } as const

/** A client of one service, over HTTPS. Nothing is sent yet. Throws Error if a certificate file cannot be read. */
export async function connectCsc(
  address: ServiceAddress,
  version: ApiVersion,
  options: TransportOptions = {},
): Promise<CscClient> {
  const transport = await openTransport(address, version, options)
  return {
    async info() {
      return parseAnswer(serviceInfo, await transport.post({ method: 'info', body: {} }), 'info')
    },
    async login(username, password) {
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
      const answer = await transport.post({ method: 'auth/login', body: {}, authorization })
      return SESSIONS[version](transport, parseAnswer(loginAnswer, answer, 'auth/login').access_token)
    },
    close: () => transport.close(),
  }
}
