import assert from 'node:assert/strict'
import { inflateSync } from 'node:zlib'
import { memberOf } from '../../support/bodyOf.ts'
import { buildSam } from '../../support/buildSam.ts'
import { buildSsa } from '../../support/buildSsa.ts'
import { anotherCredential, call, makeAccount, type Account, type Service } from '../../support/service.ts'

const INFO = {
  name: 'Test service',
  region: 'DK',
  lang: 'en',
  description: 'A service under test',
  logo: 'https://localhost:8443/logo.png',
  translations: { da: { name: 'Prøvetjeneste', description: 'En tjeneste under prøve' } },
}

describe('languages — CSC API v1.0.4.0 §11.1, §11.5, v2.0.0.2 §11.1, §11.4, §11.5', () => {
  let service: Service
  let account: Account

  before(async () => {
    const sam = await buildSam()
    const address = { socketPath: sam.socketPath, identity: sam.identities.ssa }
    const ssa = await buildSsa({ sam: address, config: { info: INFO } })
    service = {
      sam,
      ssa,
      async dispose() {
        await ssa.dispose()
        await sam.dispose()
      },
    }
    account = await makeAccount(service, { policy: 'otp-pin' })
  })
  after(() => service.dispose())

  const asked: readonly [string | undefined, string][] = [
    [undefined, 'en'],
    ['da', 'da'],
    ['DA-dk', 'da'],
    ['en-US', 'en'],
    ['fr', 'en'],
    ['', 'en'],
    [`da-${'x'.repeat(100_000)}`, 'en'],
  ]
  for (const [lang, expected] of asked)
    it(`info for ${JSON.stringify(lang ?? 'nothing').slice(0, 20)} is in ${expected}, and says so`, async () => {
      for (const version of ['v1', 'v2'] as const) {
        const { body } = await service.ssa.post(version, 'info', { lang })
        assert.equal(memberOf(body, 'lang'), expected)
        const { da } = INFO.translations
        assert.equal(memberOf(body, 'name'), expected === 'da' ? da.name : INFO.name)
        assert.equal(memberOf(body, 'description'), expected === 'da' ? da.description : INFO.description)
        assert.equal(memberOf(body, 'region'), 'DK')
        assert.equal(memberOf(body, 'translations'), undefined)
      }
    })

  const labels: readonly [string, string, RegExp][] = [
    ['en', 'Code from the message', /^Sent to /],
    ['da-DK', 'Kode fra beskeden', /^Sendt til /],
    ['de', 'Code aus der Nachricht', /^Gesendet an /],
    ['fr-CA', 'Code reçu par message', /^Envoyé à /],
    ['tlh', 'Code from the message', /^Sent to /],
  ]
  for (const [lang, label, description] of labels)
    it(`labels the factors for ${lang}: ${label}`, async () => {
      const body = { credentialID: account.credentialID, authInfo: true, lang }
      const first = (await call(service, account, 'v1 credentials/info', body)).body
      assert.equal(memberOf(memberOf(first, 'OTP'), 'label'), label)
      assert.match(String(memberOf(memberOf(first, 'OTP'), 'description')), description)
      const second = (await call(service, account, 'v2 credentials/info', body)).body
      const objects = memberOf(memberOf(second, 'auth'), 'objects')
      assert.ok(Array.isArray(objects))
      const otp: unknown = objects.find((object) => memberOf(object, 'id') === 'OTP')
      assert.equal(memberOf(otp, 'label'), label)
      const language = lang === 'tlh' ? 'en' : lang.slice(0, 2)
      assert.equal(memberOf(first, 'lang'), language)
      assert.equal(memberOf(second, 'lang'), language)
    })

  it('labels them in a list, too', async () => {
    await anotherCredential(service, account)
    const { body } = await call(service, account, 'v2 credentials/list', {
      credentialInfo: true,
      authInfo: true,
      lang: 'de',
    })
    const infos = memberOf(body, 'credentialInfos')
    assert.ok(Array.isArray(infos) && infos.length === 2)
    for (const info of infos) {
      assert.equal(memberOf(info, 'lang'), 'de')
      assert.ok(JSON.stringify(info).includes('Code aus der Nachricht'))
    }
  })

  it('keeps error texts in the words of the standard', async () => {
    const { body } = await call(service, account, 'v1 credentials/info', { credentialID: 'x', lang: 'da' })
    assert.equal(memberOf(body, 'error_description'), 'Invalid parameter credentialID')
  })

  it('serves the logo: a PNG of 128 pixels, and an SVG', async () => {
    const png = await service.ssa.get('/logo.png')
    assert.equal(png.status, 200)
    assert.equal(png.headers['content-type'], 'image/png')
    assert.equal(png.headers['x-content-type-options'], 'nosniff')
    const bytes = png.body
    assert.ok(Buffer.isBuffer(bytes))
    assert.equal(bytes.subarray(1, 4).toString(), 'PNG')
    assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [128, 128])
    const length = bytes.readUInt32BE(33)
    assert.equal(inflateSync(bytes.subarray(41, 41 + length)).length, 128 * (1 + 4 * 128))
    const svg = await service.ssa.get('/logo.svg')
    assert.equal(svg.headers['content-type'], 'image/svg+xml')
    assert.match(String(svg.headers['content-security-policy']), /default-src 'none'/)
  })
})
