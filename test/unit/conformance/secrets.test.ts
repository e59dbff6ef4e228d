import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { learnAccountSecrets } from '../../../conformance/account/accountSecrets.ts'
import { altered } from '../../../conformance/acts/altered.ts'
import { basicOf } from '../../../conformance/acts/login.ts'
import { post } from '../../../conformance/acts/post.ts'
import { Refuted } from '../../../conformance/outcome.ts'
import type { Trial } from '../../../conformance/trial.ts'
import { createSecrets } from '../../../conformance/wire/secrets.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'
import { sampleCase } from '../../support/conformance/sampleReport.ts'
import {
  json,
  PASSWORD,
  PIN,
  scriptedService,
  type ScriptedService,
} from '../../support/conformance/scriptedService.ts'

const SAD = 'a SAD/with+odd="characters"&more'
const OTP = '48151623'
const TOKEN = 'token/of+the=user'

/** Everything that a service could give back of what it was sent, in the forms that services use. */
function echoed(text: string): Readonly<Record<string, string>> {
  const escaped = Array.from(text, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return {
    plain: text,
    percent: encodeURIComponent(text),
    form: new URLSearchParams({ text }).toString(),
    base64: Buffer.from(text).toString('base64'),
    base64url: Buffer.from(`x${text}y`).toString('base64url'),
    json: JSON.stringify({ text }),
    jsonTwice: JSON.stringify(JSON.stringify({ text })),
    jsonOfOthers: text
      .replaceAll('/', String.raw`\/`)
      .replace(/[+=&"]/g, (one) => escaped[text.indexOf(one)] ?? ''),
    html: text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`),
  }
}

describe('conformance: no secret stands in a report', () => {
  let service: ScriptedService

  before(async () => {
    service = await scriptedService((request, response) => {
      const seen = [request.body.toString(), request.headers.authorization ?? '', PASSWORD, PIN, SAD, TOKEN]
      json(response, { SAD, error: 'e', error_description: seen.map(echoed), headers: request.headers }, 400)
    })
  })
  after(() => service.close())

  it('whatever the service gives back of it, and whatever a case says of it', async () => {
    const acts = async (trial: Trial): Promise<void> => {
      const early = await post(trial, 'signatures/signHash', { PIN, OTP, note: PASSWORD })
      trial.secrets.add(OTP, 'OTP')
      const basic = Buffer.from((await basicOf(trial, trial.account.user)).slice(6), 'base64').toString()
      const authorization = `Basic ${Buffer.from(`${basic}, not`).toString('base64')}`
      await post(
        trial,
        'signatures/signHash',
        { SAD, authData: [{ id: 'PIN', value: PIN }] },
        { authorization },
      )
      trial.note(`seen ${OTP} and ${PASSWORD}`)
      trial.warn(`${SAD} ${TOKEN}`)
      throw new Refuted(`got ${early.text} ${PIN}`)
    }
    const at = (name: string): string => join(service.folder, 'reports', name)
    const cases = [
      sampleCase('failing', { run: acts }),
      sampleCase('breaking', {
        run: async (trial: Trial) => {
          await acts(trial).catch(() => undefined)
          throw new Error(`broken at ${PIN} ${PASSWORD} ${SAD}`)
        },
      }),
    ]
    const ran = await service.run(cases, '--report', at('r.html'), '--junit', at('r.xml'))
    const files = readdirSync(join(service.folder, 'reports'))
    assert.deepEqual(files.sort(), ['r.html', 'r.xml', 'report.json'])
    const texts = [ran.out, ran.progress, ...files.map((name) => readFileSync(at(name), 'utf8'))]
    const forms = [PASSWORD, PIN, OTP, SAD, TOKEN].flatMap((secret) => [
      ...Object.values(echoed(secret)).map((form) => form.replace(/^text=/, '')),
      // Without what depends on its neighbours.
      Buffer.from(`ada:${secret}`).toString('base64').slice(6, -6),
      Buffer.from(`"${secret}`).toString('base64').slice(2, -6),
    ])
    for (const text of texts)
      for (const form of forms)
        for (const written of [form, JSON.stringify(form).slice(1, -1), htmlOf(form)])
          assert.ok(!text.includes(written), `${written} is in ${text.slice(0, 40)}…`)
    for (const name of ['‹PIN›', '‹OTP›', '‹password›', '‹SAD›', '‹token›'])
      assert.ok(texts[2]?.includes(name) === true || name === '‹token›', name)
  })
})

function htmlOf(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

describe('conformance: what is nearly a secret', () => {
  it('is masked, too: wrong factors are made of right ones', async () => {
    const folder = scratchFolder('nearly')
    const file = (name: string, content: string): string => {
      writeFileSync(join(folder, name), content, { mode: 0o600 })
      return join(folder, name)
    }
    const secrets = createSecrets()
    const user = {
      authentication: { basic: { username: 'ada', passwordFile: file('password', 'Open Sesame') } },
      factors: { PIN: { file: file('pin', '90817263') } },
    }
    await learnAccountSecrets({ baseUrls: {}, tls: {}, user, lifetimes: {} }, secrets)
    const made = [
      '9081726',
      '908172630',
      altered('90817263'),
      'OPEN SESAME',
      'open sesame',
      altered('Open Sesame'),
    ]
    assert.deepEqual(
      made.map((one) => secrets.mask(one)),
      [
        '‹shortened PIN›',
        '‹PIN›0',
        '‹altered PIN›',
        '‹password in capitals›',
        '‹password in small letters›',
        '‹altered password›',
      ],
    )
    const header = Buffer.from(`ada:${'Open Sesame'.toUpperCase()}`).toString('base64')
    assert.match(secrets.mask(header), /‹password in capitals in base64›/)
  })
})

describe('conformance: secrets', () => {
  it('names the longer secret where one holds another', () => {
    const secrets = createSecrets()
    secrets.add('12345', 'PIN')
    secrets.add('token-12345-x', 'token')
    assert.equal(secrets.mask('token-12345-x 12345'), '‹token› ‹PIN›')
  })

  it('leaves what is too short to be told from anything else', () => {
    const secrets = createSecrets()
    secrets.add('123', 'PIN')
    assert.equal(secrets.mask('expires in 123'), 'expires in 123')
  })

  it('finds a password in the header of another password', () => {
    const secrets = createSecrets()
    secrets.add('a password', 'password')
    const header = Buffer.from('ada:a password, not').toString('base64')
    assert.match(secrets.mask(header), /^YWRhO.{0,2}‹password in base64›/)
  })

  it('takes no part of a name for a pattern', () => {
    const secrets = createSecrets()
    secrets.add('secret$&', '$& name')
    assert.equal(secrets.mask('a secret$& b'), 'a ‹$& name› b')
  })
})
