import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { listIn, memberOf, membersOf } from '../../support/bodyOf.ts'
import { buildSsa, type TestSsa, type Version } from '../../support/buildSsa.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'
import { ssaInfo } from '../../support/ssaFolder.ts'
import { makeAuthority, pemOf } from '../../support/testPki.ts'

/** Every method of the standard: v1.0.4.0 §8.3, §11; v2.0.0.2 §8.4, §11, with what 2.1 and 2.2 add. */
const METHODS: Readonly<Record<Version, readonly string[]>> = {
  v1: [
    ...['info', 'auth/login', 'auth/revoke', 'credentials/list', 'credentials/info', 'credentials/authorize'],
    ...[
      'credentials/extendTransaction',
      'credentials/sendOTP',
      'signatures/signHash',
      'signatures/timestamp',
    ],
    ...['oauth2/authorize', 'oauth2/token', 'oauth2/revoke'],
  ],
  v2: [
    ...['info', 'auth/login', 'auth/revoke', 'credentials/list', 'credentials/info', 'credentials/authorize'],
    ...['credentials/authorizeCheck', 'credentials/getChallenge', 'credentials/extendTransaction'],
    ...['credentials/sendOTP', 'credentials/create', 'credentials/delete', 'signatures/signHash'],
    ...['signatures/signDoc', 'signatures/signPolling', 'signatures/timestamp'],
    ...['oauth2/authorize', 'oauth2/pushed_authorize', 'oauth2/token', 'oauth2/revoke'],
  ],
}

/** What is not there yet, whatever is configured. */
const isLater = (method: string): boolean =>
  method.startsWith('oauth2/') || method === 'credentials/create' || method === 'credentials/delete'

const sorted = (methods: readonly unknown[]): readonly string[] => methods.map(String).sort()

describe('the methods of the CSC API', () => {
  let sam: ScriptedSam
  let all: TestSsa
  let fewest: TestSsa

  before(async () => {
    sam = await scriptedSam()
    const authority = join(scratchFolder('tsa'), 'ca.pem')
    await writeFile(authority, pemOf((await makeAuthority()).certificate))
    const timestamp = { url: 'https://tsa.example/', authority }
    all = await buildSsa({ sam, config: { info: { ...ssaInfo, specs: '2.2.0.0' }, timestamp } })
    fewest = await buildSsa({ sam })
  })
  after(async () => {
    await all.dispose()
    await fewest.dispose()
    await sam.dispose()
  })

  const told = async (ssa: TestSsa, version: Version): Promise<readonly string[]> =>
    sorted(listIn((await ssa.post(version, 'info', {})).body, 'methods'))

  for (const version of ['v1', 'v2'] as const) {
    const methods = METHODS[version]

    it(`are all in the contract of ${version}, and nothing else is`, () => {
      const contract: unknown = parse(readFileSync(`openapi/csc-${version}.yaml`, 'utf8'))
      const paths = membersOf(memberOf(contract, 'paths')).map((path) => path.replace('/', ''))
      assert.deepEqual(sorted(paths), sorted(methods))
    })

    it(`are served in ${version}, and named by info, but OAuth and what creates credentials`, async () => {
      assert.deepEqual(await told(all, version), sorted(methods.filter((method) => !isLater(method))))
    })

    it(`are without time-stamps and what 2.1 adds to ${version} where those are not configured`, async () => {
      const optional = ['signatures/timestamp', ...(version === 'v2' ? ['credentials/sendOTP'] : [])]
      const served = methods.filter((method) => !isLater(method) && !optional.includes(method))
      assert.deepEqual(await told(fewest, version), sorted(served))
    })

    for (const method of methods)
      it(`${version} ${method} is served if info names it, and else says 501`, async () => {
        for (const ssa of [all, fewest]) {
          const { status, body } = await ssa.post(version, method, {})
          if (!(await told(ssa, version)).includes(method))
            assert.deepEqual([status, memberOf(body, 'error')], [501, 'not_implemented'])
          else assert.ok(status < 500, String(status))
        }
      })
  }
})
