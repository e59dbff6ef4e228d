import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkWithTools, signaturesIn } from '../../support/checkSignedPdf.ts'
import { deploy, type Deployment } from '../../support/deployment.ts'
import { pdfFixture, SIGNABLE_FIXTURES } from '../../support/pdfFixtures.ts'
import { runCommand } from '../../support/runCommand.ts'
import { PRODUCERS, qpdf } from '../../support/samplePdf.ts'

/** By file name: what other producers made, what the tests make, and one with many pages. */
function variedPdfs(): ReadonlyMap<string, Buffer> {
  const pages = Array.from({ length: 500 }, () => '1').join(',')
  return new Map([
    ...SIGNABLE_FIXTURES.map((name): [string, Buffer] => [`${name}.pdf`, pdfFixture(name)]),
    ...Object.entries(PRODUCERS).map(([name, make]): [string, Buffer] => [
      `${name.replace(/[^a-z]+/gi, '-')}.pdf`,
      make(),
    ]),
    ['500 pages.pdf', qpdf(['--pages', '.', pages, '--'])],
  ])
}

describe('a folder of PDFs, through the whole service', function () {
  this.timeout(180_000)
  let deployment: Deployment
  before(async () => {
    deployment = await deploy()
  })
  after(() => deployment.remove())
  const messages = (): readonly string[] => readdirSync(join(deployment.data, 'sam', 'outbox'))

  it('is signed in one authorization with one OTP, and every file validates', async () => {
    const [from, to] = [join(deployment.folder, 'in'), join(deployment.folder, 'out')]
    mkdirSync(from)
    const pdfs = variedPdfs()
    for (const [name, pdf] of pdfs) writeFileSync(join(from, name), pdf)
    const files = [...pdfs.keys()].map((name) => join(from, name))
    assert.ok(files.length > 40)

    const earlier = new Set(messages())
    const words = ['sign', ...files, '--out-dir', to, '--connection', deployment.connection]
    const { code, out, talk } = await runCommand(words)
    assert.equal(code, 0, talk)
    assert.equal(out, files.map((file) => `${file.replace(from, to)}\n`).join(''))
    assert.equal(talk.match(/^Fingerprint: /gm)?.length, 1)
    const sent = messages()
      .filter((name) => !earlier.has(name))
      .map((name) => readFileSync(join(deployment.data, 'sam', 'outbox', name), 'utf8'))
    assert.equal(sent.filter((text) => text.includes('"code"')).length, 1, 'one OTP was sent')

    for (const [name, original] of pdfs) {
      const signed = readFileSync(join(to, name))
      assert.ok(signed.subarray(0, original.length).equals(original), name)
      checkWithTools(signed, signaturesIn(original).length + 1)
    }
  })
})
