import { randomBytes, randomInt } from 'node:crypto'
import { join } from 'node:path'
import type { DataFolder } from './dataFolder.ts'
import type { Owners } from './osUsers.ts'
import { writeOnce } from './ownedFiles.ts'

const DEMO_PIN_DIGITS = 8

/** Every secret that a person or process needs from the start, drawn for this installation. */
export function makeSecrets(data: DataFolder, owners: Owners): void {
  for (const area of ['sam', 'ca'] as const)
    writeOnce(join(data.area[area], 'pin'), token(18), { owner: owners[area] })
  writeOnce(join(data.officer, 'demo-password'), token(18))
  writeOnce(join(data.officer, 'demo-pin'), pin())
  writeOnce(join(data.officer, 'operator-token'), token(32))
}

function token(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

/** Digits, none twice in a row of four: nothing that a SAM refuses as too weak. */
function pin(): string {
  const digits: number[] = []
  while (digits.length < DEMO_PIN_DIGITS) {
    const digit = randomInt(10)
    if (!digits.slice(-3).includes(digit)) digits.push(digit)
  }
  const text = digits.join('')
  return /^(?:0123|1234|2345|3456|4567|5678|6789|9876|8765|7654|6543|5432|4321|3210)|^(.+)\1$/.test(text)
    ? pin()
    : text
}
