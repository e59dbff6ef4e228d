import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyTypeName } from '../../../sap/algorithms.ts'
import { runCommand, type CommandOutcome } from '../../support/runCommand.ts'
import { scriptedCsc, type ScriptedCsc, type ScriptedOptions } from '../../support/scriptedCsc.ts'

/** OpenSSL's verdict on a signature beside its content, signing certificate and chain included. */
function verifies(service: ScriptedCsc, signature: string, content: string): boolean {
  const ca = join(service.folder, 'ca.pem')
  writeFileSync(ca, service.signer.chain[1].toString())
  const args = [
    'cms',
    '-verify',
    '-cades',
    '-binary',
    '-inform',
    'DER',
    '-in',
    signature,
    '-content',
    content,
  ]
  const { status } = spawnSync('openssl', [...args, '-CAfile', ca, '-purpose', 'any', '-out', '/dev/null'])
  return status === 0
}

describe('chancery sign --detached — CAdES baseline B-B, EN 319 122-1', () => {
  let service: ScriptedCsc
  const start = async (options: ScriptedOptions = {}): Promise<void> => {
    service = await scriptedCsc(options)
    mkdirSync(at('in'))
    writeFileSync(at('in', 'minutes.txt'), 'Present: the keeper of the light.\r\n')
    writeFileSync(at('in', 'empty.bin'), '')
    writeFileSync(at('in', 'large.bin'), Buffer.alloc(5_000_000, 'chancery'))
  }
  afterEach(() => service.close())
  const at = (...names: readonly string[]): string => join(service.folder, ...names)
  const sign = (...words: readonly string[]): Promise<CommandOutcome> =>
    runCommand(['sign', '--detached', ...words, '--connection', service.connectionFile])

  const WAYS: readonly (readonly [KeyTypeName, readonly string[]])[] = [
    ['p-256', []],
    ['p-384', ['--digest', 'sha384']],
    ['rsa-3072', []],
    ['rsa-3072', ['--scheme', 'pss', '--digest', 'sha512', '--api', 'v2']],
  ]
  for (const [keyType, words] of WAYS)
    it(`puts a signature beside each file that OpenSSL verifies: ${[keyType, ...words].join(' ')}`, async () => {
      await start({ keyType })
      const names = ['minutes.txt', 'empty.bin', 'large.bin']
      const { code, out, talk } = await sign(...names.map((name) => at('in', name)), ...words)
      assert.equal(code, 0, talk)
      assert.equal(out, names.map((name) => `${at('in', name)}.p7s\n`).join(''))
      for (const name of names) assert.ok(verifies(service, `${at('in', name)}.p7s`, at('in', name)), name)
      assert.ok(!verifies(service, `${at('in', 'minutes.txt')}.p7s`, at('in', 'large.bin')))
      assert.equal(service.seen.filter(({ method }) => method === 'credentials/authorize').length, 1)
    })

  it('holds what the baseline wants, signing time included, and not the content', async () => {
    await start()
    const before = Math.floor(Date.now() / 1000) * 1000
    await sign(at('in', 'minutes.txt'))
    const args = ['cms', '-cmsout', '-print', '-inform', 'DER', '-in', `${at('in', 'minutes.txt')}.p7s`]
    const printed = execFileSync('openssl', args).toString()
    for (const name of ['contentType', 'messageDigest', 'signingTime', 'id-smime-aa-signingCertificateV2'])
      assert.match(printed, new RegExp(`object: ${name} `))
    assert.match(printed, /eContent: <ABSENT>/)
    const time = Date.parse(/UTCTIME:(.*)/.exec(printed)?.[1] ?? '')
    assert.ok(time >= before && time <= Date.now(), printed)
  })

  it('goes into the folder that is named, and replaces nothing', async () => {
    await start()
    const words = [at('in', 'minutes.txt'), '--out-dir', at('signatures')]
    assert.equal((await sign(...words)).code, 0)
    assert.deepEqual(readdirSync(at('signatures')), ['minutes.txt.p7s'])
    const first = readFileSync(at('signatures', 'minutes.txt.p7s'))
    const { code, talk } = await sign(...words)
    assert.equal(code, 2)
    assert.match(talk, /minutes\.txt\.p7s exists already: --force replaces it/)
    assert.ok(readFileSync(at('signatures', 'minutes.txt.p7s')).equals(first))
  })

  it('refuses what is no file', async () => {
    await start()
    execFileSync('mkfifo', [at('in', 'pipe')])
    const { code, talk } = await sign(at('in', 'minutes.txt'), at('in', 'pipe'), at('in'))
    assert.equal(code, 1)
    assert.match(talk, /pipe cannot be signed: It is not a file/)
    assert.deepEqual(
      readdirSync(at('in')).filter((name) => name.endsWith('.p7s')),
      [],
    )
  })
})
