import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SapFailure } from '../../sap/errors.ts'
import { SAM_OPERATIONS, type SamOperations } from '../../sap/operations.ts'
import { createOperationServer, type Handlers } from '../../sap/transport/server.ts'
import { makePeerAuthority, makeTlsIdentity } from './peerCertificates.ts'
import type { SamAddress } from './ssaFolder.ts'

/** A SAM that says what a test wants: for codes that a real one gives only when something is broken. */
export interface ScriptedSam extends SamAddress {
  /** Answers of operations; one that is missing is refused with `internal`. */
  handlers: Partial<Handlers<SamOperations>>
  /** Every operation that was called, with its request. */
  readonly calls: { readonly name: string; readonly request: unknown }[]
  dispose(): Promise<void>
}

export async function scriptedSam(): Promise<ScriptedSam> {
  const folder = await mkdtemp(join(tmpdir(), 'chancery-scripted-'))
  const authority = await makePeerAuthority()
  const socketPath = join(folder, 'sap.sock')
  const calls: ScriptedSam['calls'] = []
  const script: { handlers: Partial<Handlers<SamOperations>> } = { handlers: {} }
  const server = createOperationServer({
    operations: SAM_OPERATIONS,
    handlers: scripted(script, calls),
    tls: await makeTlsIdentity(authority, 'sam-1'),
    peerOf: () => ({ name: 'ssa-1', role: 'ssa' }),
    onRefusal: () => Promise.resolve(),
    onRejectedConnection: () => undefined,
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  return {
    socketPath,
    identity: await makeTlsIdentity(authority, 'ssa-1'),
    calls,
    get handlers() {
      return script.handlers
    },
    set handlers(handlers) {
      script.handlers = handlers
    },
    async dispose() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function scripted(
  script: { readonly handlers: Partial<Handlers<SamOperations>> },
  calls: ScriptedSam['calls'],
): Handlers<SamOperations> {
  const names = Object.keys(SAM_OPERATIONS)
  const entries = names.map((name) => [
    name,
    async (request: unknown, peer: unknown): Promise<unknown> => {
      calls.push({ name, request })
      const handler: unknown = Reflect.get(script.handlers, name)
      if (typeof handler !== 'function') throw new SapFailure('internal', 'not scripted')
      return Reflect.apply(handler, undefined, [request, peer]) as unknown
    },
  ])
  // One handler for each operation, by construction.
  return Object.fromEntries(entries) as Handlers<SamOperations> // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion
}
