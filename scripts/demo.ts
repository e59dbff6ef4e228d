import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { samplePdf } from '../ades/pdf/samplePdf.ts'
import { setArguments } from './commandLine.ts'
import { verifyWithOpenssl, verifyWithPdfsig, type Verdict } from './demo/verifySigned.ts'
import { projectRoot } from './projectRoot.ts'
import { startSet } from './runSet.ts'
import { CannotStart } from './setup/cannotStart.ts'
import { dataFolder, type DataFolder } from './setup/dataFolder.ts'
import { holderOf } from './supervisor/lockFile.ts'

/** `npm run demo [-- file.pdf]`: the whole way once, from an empty folder to a signature that other tools verify. */
function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function demo(): Promise<boolean> {
  const root = projectRoot()
  const { data: wantedData, port, files } = setArguments(process.argv.slice(2), root)
  const missing = files.find((file) => !existsSync(file))
  if (missing !== undefined) throw new CannotStart(`${missing} does not exist`)
  const running = dataFolder(wantedData)
  if (holderOf(running.lock) !== undefined && existsSync(running.connection)) {
    say(`A set runs on ${wantedData}: using it`)
    return signAndVerify(root, running, files)
  }
  const set = await startSet({ root, wantedData, port, say, showTotp: () => undefined, isQuiet: true })
  const stop = (): void => {
    void set.stop().then(() => process.exit(130))
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    return await signAndVerify(root, set.data, files)
  } finally {
    await set.stop()
  }
}

async function signAndVerify(root: string, data: DataFolder, files: readonly string[]): Promise<boolean> {
  const results: boolean[] = []
  // One after the other: each asks for an OTP of the same signer.
  for (const file of files.length > 0 ? files : [sample(data)]) results.push(await signOne(root, data, file))
  return results.every((isGood) => isGood)
}

function sample(data: DataFolder): string {
  const file = join(data.signed, 'sample.pdf')
  writeFileSync(file, samplePdf())
  return file
}

async function signOne(root: string, data: DataFolder, file: string): Promise<boolean> {
  const signed = join(data.signed, `${basename(file).replace(/\.pdf$/i, '')}-signed.pdf`)
  say(`\nSigning ${file} over the CSC API, as a signature application would:\n`)
  const words = ['sign', file, signed, '--connection', data.connection, '--mutual-tls', '--force']
  const code = await chancery(root, words)
  if (code !== 0) {
    say(`\nchancery sign ended with code ${code}: ${file} was not signed.`)
    return false
  }
  const verdicts = [verifyWithPdfsig(signed), verifyWithOpenssl(signed, join(data.area.ca, 'root.crt'))]
  verdicts.forEach(showVerdict)
  const isGood = verdicts.every((verdict) => verdict.isGood)
  say(isGood ? `\nSigned and verified: ${signed}` : `\nThe signature does not verify: ${signed}`)
  if (isGood) say(whatNext(data))
  return isGood
}

/** The `chancery` command as a program of its own, which knows no more than its arguments. Returns its exit code. */
function chancery(root: string, words: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', 'chancery.js'), ...words], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      resolve(code ?? 1)
    })
  })
}

function showVerdict({ tool, isGood, says }: Verdict): void {
  say(`\n${tool}: ${isGood ? 'good' : 'NOT GOOD'}`)
  for (const line of says) say(`  ${line}`)
}

function whatNext(data: DataFolder): string {
  return `
What to try next
  npm run demo -- your.pdf        sign a file of yours
  npm start                       keep the three processes running; then, in another terminal:
  npx chancery sign in.pdf out.pdf --connection ${data.connection}
  npx chancery explain <request-id> --officer ${join(data.officer, 'officer.yaml')}
  docs/api.md                     sign from your own application
`
}

try {
  if (!(await demo())) process.exitCode = 1
} catch (error) {
  if (!(error instanceof CannotStart)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
