import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../scripts/projectRoot.ts'

const FOLDER = join(projectRoot(), 'test', 'fixtures', 'pdf')

/** A PDF of test/fixtures/pdf, by its name without `.pdf`; its README says what each is. */
export function pdfFixture(name: string): Buffer {
  return readFileSync(join(FOLDER, `${name}.pdf`))
}

/** Certificate of whoever signed the signed ones. */
export const GRACE_PEM = join(FOLDER, 'grace.pem')

/** What an earlier signature in them forbids. */
const UNSIGNABLE = new Set(['pyhanko-certified-1', 'pyhanko-locks-all', 'pyhanko-locks-others'])

/** Names of those that another signature may be added to. */
export const SIGNABLE_FIXTURES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.pdf'))
  .map((file) => file.slice(0, -'.pdf'.length))
  .filter((name) => !UNSIGNABLE.has(name))
  .sort()
