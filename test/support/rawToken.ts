import { Connection } from '../../hsm/connection.ts'
import { LoginGuard } from '../../hsm/loginGuard.ts'
import type { Desk } from '../../hsm/objects.ts'
import type { TokenConfig } from '../../hsm/token.ts'

/** Bare PKCS#11 on a token, logged in: for what the port would never do, such as making a key that is too permissive. */
export function withRawToken<T>(config: TokenConfig, work: (desk: Desk) => T): T {
  const connection = new Connection(config, {
    guard: new LoginGuard(config.loginGuardFile),
    now: () => 0,
    isCalling: () => false,
    shutIdle: () => undefined,
  })
  try {
    return connection.desk(work)
  } finally {
    connection.close(true)
  }
}
