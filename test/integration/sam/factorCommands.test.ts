import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { stringify } from 'yaml'
import { registerOfficerCommands } from '../../../client/officer/officerCommands.ts'
import { memberOf } from '../../support/bodyOf.ts'
import { buildSam, makeSigner, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { changed, factorsOf } from '../../support/factorChanges.ts'
import { authorization, authorized, journalOf, newHashes, totpOf } from '../../support/samActs.ts'

describe("chancery signer: a registration officer's commands for factors", () => {
  let sam: TestSam
  let signer: TestSigner
  let officer: string
  before(async () => {
    sam = await buildSam()
    officer = join(sam.folder, 'officer.yaml')
    const identityOf = (role: 'ra' | 'officer'): { readonly certificate: string; readonly key: string } => {
      writeFileSync(join(sam.folder, `${role}.key`), sam.identities[role].key, { mode: 0o600 })
      return { certificate: `${role}.crt`, key: `${role}.key` }
    }
    const document = {
      sam: { socketPath: sam.socketPath },
      ca: { socketPath: 'none.sock' },
      authority: 'peers-ca.crt',
      ra: identityOf('ra'),
      officer: identityOf('officer'),
      management: 'http://127.0.0.1:1',
      operatorTokenFile: 'none',
    }
    writeFileSync(officer, stringify(document))
    writeFileSync(join(sam.folder, 'new-pin'), 'n3w-Pin4\n', { mode: 0o600 })
  })
  beforeEach(async () => {
    signer = await makeSigner(sam, { policy: 'otp-pin' })
  })
  after(() => sam.dispose())

  async function run(name: string, kind: string, ...options: readonly string[]): Promise<string> {
    const factor = [`${kind}.${signer.signerId}`, '--reason', 'seen in person']
    return command(`signer/${name}`, ...factor, ...options)
  }

  async function command(name: string, ...options: readonly string[]): Promise<string> {
    let output = ''
    const program = new Command().exitOverride()
    registerOfficerCommands(program, {
      out: (text) => {
        output += text
      },
      talk: () => undefined,
      stdin: process.stdin,
    })
    const given = [signer.signerId, ...options, '--officer', officer]
    await program.parseAsync(['node', 'chancery', ...name.split('/'), ...given])
    return output
  }

  const created = (factors: string): Promise<string> =>
    command('credential/create', '--key-type', 'p-256', '--policy', 'any-code-pin', '--factors', factors)

  it('makes a key with factors narrower than its policy, and no other', async () => {
    const keys = async (): Promise<readonly unknown[]> =>
      (await journalOf(sam, 'KEY_GENERATED')).filter(({ signerId }) => signerId === signer.signerId)
    const before = (await keys()).length
    await assert.rejects(
      created('otp OR totp'),
      /^CommandFailure: Refused: generateKey was refused: policy_exceeded\.$/,
    )
    await assert.rejects(created('pin AND'), /it ends too early/)
    assert.equal((await keys()).length, before)
    // There is no CA here to certify it, so the command ends after the key is made.
    await assert.rejects(created('pin AND totp'))
    const made = await keys()
    assert.equal(made.length, before + 1)
    assert.equal(memberOf(made.at(-1), 'factors'), 'pin AND totp')
  })

  it('resets a PIN from a file, a destination, an authenticator', async () => {
    await run('reset', 'pin', '--pin-file', join(sam.folder, 'new-pin'))
    await authorized(sam, signer, newHashes(1), { pin: 'n3w-Pin4' })
    await run('reset', 'otp', '--channel', 'file', '--to', 'ada@new.example')
    await authorized(sam, signer, newHashes(1), { pin: 'n3w-Pin4' })
    assert.equal((await sam.outbox()).at(-1)?.to, 'ada@new.example')
    await assert.rejects(run('reset', 'totp'), /standard output is no terminal/)
    const otpauthUri = (await run('reset', 'totp', '--show')).trim()
    const app = await makeSigner(sam, { signer, policy: 'totp' })
    const fresh = { ...app, otpauthUri }
    await sam.ssa.call('authorize', authorization(fresh, newHashes(1), { totp: totpOf(fresh) }))
    assert.equal((await journalOf(sam, 'FACTOR_RESET')).at(-1)?.['reason'], 'seen in person')
  })

  it('lists them: ids, states, masked destinations, and what waits', async () => {
    await changed(sam, signer, 'otp')
    const { signerId } = signer
    const [pin, otp, totp] = (await command('signer/factors')).trim().split('\n')
    assert.equal(pin, `pin.${signerId}  ACTIVE`)
    assert.match(
      otp ?? '',
      new RegExp(`^otp\\.${signerId}  ACTIVE  \\S*\\*\\S*  \\(set \\S*\\*\\S* in \\d+ s\\)$`),
    )
    assert.equal(totp, `totp.${signerId}  ACTIVE`)
  })

  it('unlocks, removes, and cancels what waits', async () => {
    await run('unlock', 'pin')
    assert.equal((await journalOf(sam, 'FACTOR_UNLOCKED')).at(-1)?.['signerId'], signer.signerId)
    await changed(sam, signer, 'otp')
    await run('cancel-change', 'otp')
    assert.equal((await factorsOf(sam, signer))[1]?.change, undefined)
    await run('remove', 'pin')
    assert.equal((await factorsOf(sam, signer)).length, 2)
  })

  it('say with the code why they were refused', async () => {
    await assert.rejects(run('reset', 'pin'), /malformed/)
    await assert.rejects(run('cancel-change', 'pin'), /state_forbids/)
    await assert.rejects(run('unlock', 'passkey'), /factor_unknown/)
  })
})
