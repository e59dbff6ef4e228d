import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { holds } from '../expect.ts'
import type { Trial } from '../trial.ts'

const run = promisify(execFile)

/**
 * A second opinion: `openssl cms -verify` of a signature over a document, without the certificate's path. Throws Refuted
 * when OpenSSL does not verify it; where there is no OpenSSL, the report says so.
 */
export async function opensslAgrees(trial: Trial, cms: Buffer, content: Buffer): Promise<void> {
  const version = await run('openssl', ['version']).catch(() => undefined)
  if (version === undefined) {
    trial.note('no openssl here: verified by node:crypto alone')
    return
  }
  const folder = await mkdtemp(join(tmpdir(), 'chancery-conformance-'))
  try {
    const [signature, document, out] = ['signature', 'document', 'out'].map((name) => join(folder, name))
    await writeFile(String(signature), cms)
    await writeFile(String(document), content)
    const words = ['cms', '-verify', '-inform', 'DER', '-binary', '-noverify']
    const files = ['-in', String(signature), '-content', String(document), '-out', String(out)]
    const failure = await run('openssl', [...words, ...files]).then(
      () => undefined,
      (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
    )
    holds(failure === undefined, `openssl does not verify the CMS: ${failure ?? ''}`)
    trial.note(`verified by ${version.stdout.trim()}, too`)
  } finally {
    await rm(folder, { recursive: true })
  }
}
