import { renderUnicodeCompact } from 'uqr'
import { setArguments } from './commandLine.ts'
import { projectRoot } from './projectRoot.ts'
import { startSet, type RunningSet } from './runSet.ts'
import { CannotStart } from './setup/cannotStart.ts'

/** `npm start [-- --data folder --port 8443]`: the set, until it is stopped. */
function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function start(): Promise<void> {
  const root = projectRoot()
  const { data, port } = setArguments(process.argv.slice(2), root)
  const starting = startSet({ root, wantedData: data, port, say, showTotp })
  let signals = 0
  const stop = (): void => {
    signals += 1
    if (signals === 1) {
      say('Stopping')
      // A set that could not start has said so below.
      starting.then((set) => set.stop()).catch(() => undefined)
    }
    // Asked again: at once. The children notice that the supervisor is gone.
    if (signals > 1) process.exit(1)
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  const set = await starting
  if (signals === 0) say(serving(set))
}

/** On a terminal only: where the output is kept, it would be a secret in a log. The secret file has it as well. */
function showTotp(uri: string): void {
  if (!process.stdout.isTTY) return
  say(`\nThe demo signer's authenticator, if you want it on a phone:\n${renderUnicodeCompact(uri)}\n${uri}\n`)
}

function serving({ data, addresses }: RunningSet): string {
  return `
Chancery serves, profile dev (SoftHSM: a trial, not a certified device)
  CSC API         ${addresses.publicUrl}/csc/v1 and /csc/v2
  with mutual TLS ${addresses.mutualTlsUrl ?? 'not'}/csc/v1 and /csc/v2
  management      ${addresses.management}/readyz
  for clients     ${data.connection}
Try: npx chancery sign in.pdf out.pdf --connection ${data.connection}
Ctrl-C ends all processes.
`
}

try {
  await start()
} catch (error) {
  if (!(error instanceof CannotStart)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
