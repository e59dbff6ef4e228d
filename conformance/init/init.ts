import { access, writeFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Output } from '../report/terminal.ts'
import { accountYaml } from './accountYaml.ts'
import { createAsker } from './asker.ts'
import { checkAccount } from './checkAccount.ts'
import { askAll } from './questions.ts'

/**
 * Asks what the suite has to know, writes the account file and tries it. False when the service did not take it.
 * Throws Error when the file exists, cannot be written, or the answers end early.
 */
export async function init(path: string, input: Readable, out: Output): Promise<boolean> {
  await access(path).then(
    () => {
      throw new Error(`${path} exists already; it is not written over.`)
    },
    () => undefined,
  )
  const asker = createAsker(input, out)
  try {
    asker.say(
      'This writes an account file for chancery-conformance. Secrets are named by file; none is asked for.',
    )
    const answers = await askAll(asker)
    await writeFile(path, accountYaml(answers), { mode: 0o600, flag: 'wx' }).catch((cause: unknown) => {
      throw new Error(`${path} cannot be written.`, { cause })
    })
    asker.say(`\n${path} is written. Trying it:`)
    const isGood = await checkAccount(path, (line) => {
      asker.say(line)
    })
    asker.say(
      isGood
        ? `\nNow: chancery-conformance --account ${path} --report report.html`
        : '\nSomething does not fit yet: correct the file, which keeps your answers.',
    )
    return isGood
  } finally {
    asker.close()
  }
}
