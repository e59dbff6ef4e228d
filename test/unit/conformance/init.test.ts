import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { readAccount } from '../../../conformance/account/readAccount.ts'
import { run } from '../../../conformance/main.ts'
import { json, scriptedService, type ScriptedService } from '../../support/conformance/scriptedService.ts'

describe('conformance: init', () => {
  let service: ScriptedService
  let baseUrl: string
  let at: (name: string) => string

  before(async () => {
    service = await scriptedService((_, response) => {
      json(response, { credentialIDs: ['one', 'two'] })
    })
    at = (name) => join(service.folder, name)
    baseUrl = (await readAccount(service.accountFile)).baseUrls.v1 ?? ''
    mkdirSync(at('outbox'))
    writeFileSync(at('open'), 'secret', { mode: 0o644 })
    writeFileSync(at('totp'), 'MZXW6YTBOI', { mode: 0o600 })
  })
  after(() => service.close())

  async function init(name: string, answers: readonly string[]): Promise<readonly [number, string]> {
    const said: string[] = []
    const world = { write: (text: string) => said.push(text) }
    const exitCode = await run(['init', at(name)], {
      cases: [],
      input: Readable.from(answers.map((answer) => `${answer}\n`)),
      out: world,
      progress: world,
    })
    return [exitCode, said.join('').replaceAll(service.folder, '…')]
  }

  const short = (): readonly string[] => [
    ...[baseUrl, '', at('ca.pem'), ''],
    ...['basic', 'ada', at('password')],
    ...['PIN', 'file', at('pin'), ''],
    ...['', '', '', '', '', '', '', ''],
  ]

  it('asks, writes a file that the suite reads, and tries it', async () => {
    const [exitCode, said] = await init('full.yaml', [
      ...['ftp://x', baseUrl, '', at('ca.pem'), ''],
      ...['', 'ada', at('open'), at('password')],
      ...['PIN', 'file', at('pin'), 'OTP', 'folder', at('nowhere'), at('outbox')],
      ...['TOTP', 'authenticator', at('totp'), 'SMS', 'command', 'cat code', ''],
      ...['yes', 'basic', 'bob', at('password'), ''],
      ...['maybe', 'yes', 'none', ''],
      ...['disabled-id', 'expired-id', '12', 'soon', '20', '', '5'],
    ])
    assert.equal(exitCode, 0, said)
    for (const complaint of [
      'That is no address that begins with https:// or http:// and names no user.',
      '…/open may be read by others: set its mode to 0600.',
      '…/nowhere is no folder.',
      'One of no, yes.',
      'A whole number above 0 is needed.',
    ])
      assert.ok(said.includes(`  ${complaint}\n`), complaint)
    const basic = (username: string): object => ({ basic: { username, passwordFile: at('password') } })
    assert.deepEqual(await readAccount(at('full.yaml')), {
      baseUrls: { v1: baseUrl },
      tls: { caFile: at('ca.pem') },
      user: {
        authentication: basic('ada'),
        factors: {
          PIN: { file: at('pin') },
          OTP: { folder: at('outbox') },
          TOTP: { secretFile: at('totp') },
          SMS: { command: 'cat code' },
        },
      },
      other: { authentication: basic('bob'), factors: {} },
      lockable: { authentication: { none: {} }, factors: {} },
      disabled: 'disabled-id',
      expired: 'expired-id',
      lifetimes: { sad: 12, token: 20 },
      lockAfter: 5,
    })
    assert.ok(
      said.endsWith(
        '\n…/full.yaml is written. Trying it:\nv1 info: Scripted\nv1 user: logged in, 2 credentials\n' +
          'v1 other: logged in, 2 credentials\nv1 lockable: logged in, 2 credentials\n\n' +
          'Now: chancery-conformance --account …/full.yaml --report report.html\n',
      ),
      said,
    )
  })

  it('writes for the owner only, with a comment at each member, and no secret', async () => {
    await init('short.yaml', short())
    assert.equal(statSync(at('short.yaml')).mode & 0o777, 0o600)
    const text = readFileSync(at('short.yaml'), 'utf8')
    assert.match(text, /# Somebody else, whose credentials the user must not reach\.\n# other:\n/)
    assert.match(text, /# Whom the suite acts as\. .*\nuser:\n/)
    assert.ok(!text.includes(readFileSync(at('pin'), 'utf8').trim()))
  })

  it('writes over nothing, and asks nothing first', async () => {
    writeFileSync(at('there.yaml'), 'mine')
    assert.deepEqual(await init('there.yaml', short()), [
      2,
      'chancery-conformance: …/there.yaml exists already; it is not written over.\n',
    ])
    assert.equal(readFileSync(at('there.yaml'), 'utf8'), 'mine')
  })

  it('keeps the answers, and says what does not fit, with exit code 1', async () => {
    const [exitCode, said] = await init('wrong.yaml', [...short().slice(0, 2), '', ...short().slice(3)])
    assert.equal(exitCode, 1)
    assert.match(
      said,
      /Trying it:\nv1 info: failed: POST info got no answer: .*\n\nSomething does not fit yet/,
    )
    assert.ok(statSync(at('wrong.yaml')).isFile())
  })

  it('writes nothing when the answers end early', async () => {
    const [exitCode, said] = await init('early.yaml', short().slice(0, 6))
    assert.equal(exitCode, 2)
    assert.match(said, /the answers ended before the questions did; nothing was written\n$/)
    assert.throws(() => statSync(at('early.yaml')))
  })

  it('asks again where both base URIs are missing', async () => {
    const [exitCode, said] = await init('urls.yaml', ['', '', ...short()])
    assert.equal(exitCode, 0)
    assert.match(said, /One of them is needed\./)
  })
})
