import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TokenUnfit, WrongPin } from '../../../hsm/errors.ts'
import { LoginGuard } from '../../../hsm/loginGuard.ts'
import { readPin } from '../../../hsm/pinFile.ts'

describe('hsm/pinFile and hsm/loginGuard', () => {
  let folder: string
  let path: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-pin-'))
    path = join(folder, 'pin')
    writeFileSync(path, '4711abcd\n', { mode: 0o600 })
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  it('reads one line without its break', () => {
    assert.equal(readPin(path).value, '4711abcd')
  })

  for (const mode of [0o640, 0o604, 0o660, 0o601])
    it(`refuses a file with mode ${mode.toString(8)}`, () => {
      chmodSync(path, mode)
      assert.throws(() => readPin(path), TokenUnfit)
    })

  for (const [what, text] of [
    ['nothing', ''],
    ['an empty line', '\n'],
    ['two lines', '1234\n5678\n'],
    ['more than a PIN', 'x'.repeat(300)],
  ] as const)
    it(`refuses a file with ${what}, and does not quote it`, () => {
      writeFileSync(path, text)
      assert.throws(
        () => readPin(path),
        (error) => error instanceof TokenUnfit && !/1234|xxx/.test(error.message),
      )
    })

  it('remembers a refused PIN until the file changes, across instances', () => {
    const guard = new LoginGuard(join(folder, 'refused'))
    guard.requireUntried(readPin(path))
    guard.rememberRefused(readPin(path))
    const restarted = new LoginGuard(join(folder, 'refused'))
    assert.throws(() => {
      restarted.requireUntried(readPin(path))
    }, WrongPin)
    utimesSync(path, new Date(), new Date(Date.now() + 1000))
    restarted.requireUntried(readPin(path))
  })

  it('forgets', () => {
    const guard = new LoginGuard(join(folder, 'refused'))
    guard.forget()
    guard.rememberRefused(readPin(path))
    guard.forget()
    guard.requireUntried(readPin(path))
  })

  it('fails rather than try when its own file cannot be read', () => {
    const guard = new LoginGuard(folder)
    assert.throws(() => {
      guard.requireUntried(readPin(path))
    }, /EISDIR/)
  })
})
