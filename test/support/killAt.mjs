/*
 * Preloaded (`--import killAt.mjs?folder=…`) into a SAM that is to die. It counts the steps after which something may
 * have changed: the writing statements that go to SQLite, and the calls into the PKCS#11 module. The folder holds
 *
 *   control  JSON { "plan", "at", "when", "name" }: at step number `at` of this plan the process kills itself, `before` or
 *            `after` the step; 0 is no step. With a name only steps of that name are counted. A plan that was not
 *            seen before starts the counting anew
 *   steps    written here: `<plan> <number> <name>` for each step, before it is taken
 *   signs    written here: the digest of each C_Sign with a key pair, hex, before the call
 *
 * With `hold=<module>` it loads that module and what it imports, then waits for a message of its parent: a process that
 * is to start at once.
 */
import { Buffer } from 'node:buffer'
import { appendFileSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { URL } from 'node:url'
import pkcs11js from 'pkcs11js'
import sqlite3 from 'sqlite3'

const parameters = new URL(import.meta.url).searchParams
const folder = parameters.get('folder')
const held = parameters.get('hold')
let plan
let count = 0

/** Begins a step; the function that it returns ends it. */
function step(name) {
  const control = JSON.parse(readFileSync(`${folder}/control`, 'utf8'))
  if (control.plan !== plan) {
    plan = control.plan
    count = 0
  }
  if (control.name === undefined || control.name === name) count++
  else return () => undefined
  const number = count
  appendFileSync(`${folder}/steps`, `${plan} ${number} ${name}\n`)
  const killIf = (when) => {
    if (control.at === number && control.when === when) process.kill(process.pid, 'SIGKILL')
  }
  killIf('before')
  return () => killIf('after')
}

const WRITES =
  /^\s*(begin|commit|rollback|insert into|update|delete from|create table|create unique index|create index|pragma wal_checkpoint)\b[;\s`]*(\w*)/i

/** `sqlOf` tells the text of one call. A call on the database itself goes through a statement, too, but for `exec`. */
function countCalls(prototype, methods, sqlOf) {
  for (const method of methods) {
    const original = prototype[method]
    prototype[method] = function (...given) {
      const match = WRITES.exec(sqlOf(this, given))
      const done = given.at(-1)
      if (match === null || typeof done !== 'function') return original.apply(this, given)
      const end = step(`${match[1].toUpperCase()} ${match[2]}`.trim())
      return original.call(this, ...given.slice(0, -1), function (...answer) {
        end()
        return done.apply(this, answer)
      })
    }
  }
}
countCalls(sqlite3.Statement.prototype, ['run', 'all', 'get'], (statement) => statement.sql)
countCalls(sqlite3.Database.prototype, ['exec'], (_database, [sql]) => sql)

const CALLS = [
  'C_InitToken',
  'C_InitPIN',
  'C_GenerateKey',
  'C_GenerateKeyPair',
  'C_GenerateKeyPairAsync',
  'C_WrapKeyAsync',
  'C_UnwrapKeyAsync',
  'C_Sign',
  'C_SignAsync',
  'C_EncryptAsync',
  'C_DecryptAsync',
  'C_CreateObject',
  'C_DestroyObject',
  'C_SetAttributeValue',
]
const SIGNS = ['C_Sign', 'C_SignAsync']
const MACS = [pkcs11js.CKM_SHA256_HMAC]

/** Of a MAC, what it is over: all that the SAM makes begin with a name, after its length. */
const purposeOf = (input) => /chancery-[a-z]+-\d/.exec(Buffer.from(input).toString('latin1'))?.[0] ?? 'other'

pkcs11js.PKCS11 = class extends pkcs11js.PKCS11 {
  constructor() {
    super()
    const mechanisms = new Map()
    const init = this.C_SignInit
    this.C_SignInit = function (session, mechanism, key) {
      mechanisms.set(session.toString('hex'), mechanism.mechanism)
      return init.call(this, session, mechanism, key)
    }
    const isMac = (session) => MACS.includes(mechanisms.get(session.toString('hex')))
    /** After the step began: what died before the call did not sign. */
    const note = (call, [session, input]) => {
      if (SIGNS.includes(call) && !isMac(session))
        appendFileSync(`${folder}/signs`, `${Buffer.from(input).toString('hex')}\n`)
    }
    const nameOf = (call, [session, input]) => {
      if (!SIGNS.includes(call)) return call
      if (isMac(session)) return `${call} ${purposeOf(input)}`
      return `${call} ${Buffer.from(input).toString('hex').slice(0, 8)}`
    }
    for (const call of CALLS) {
      const original = this[call]
      this[call] = function (...given) {
        const end = step(nameOf(call, given))
        note(call, given)
        const answer = original.apply(this, given)
        if (!(answer instanceof Promise)) {
          end()
          return answer
        }
        return answer.finally(end)
      }
    }
  }
}

if (held !== null) {
  await import(held)
  await new Promise((resolve) => process.once('message', resolve))
}
