import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signedParts } from './signedParts.ts'

/** What a tool that is not ours says of a signature. */
export interface Verdict {
  readonly tool: string
  readonly isGood: boolean
  readonly says: readonly string[]
}

/** Asks Poppler's `pdfsig` about every signature of a PDF. */
export function verifyWithPdfsig(file: string): Verdict {
  const { status, stdout, stderr } = spawnSync('pdfsig', [file], { encoding: 'utf8', env: toolEnvironment() })
  const says = stdout.split('\n').map((line) => line.trim())
  const validations = says.filter((line) => line.startsWith('- Signature Validation:'))
  const isGood =
    status === 0 &&
    validations.length > 0 &&
    validations.every((line) => line === '- Signature Validation: Signature is Valid.') &&
    says.includes('- Total document signed')
  const wanted =
    /^- (Signer Certificate Common Name|Signing Hash Algorithm|Signature Type|Signature Validation|Total)/
  const shown = says.filter((line) => wanted.test(line)).map((line) => line.slice(2))
  return { tool: 'pdfsig', isGood, says: shown.length > 0 ? shown : [stderr.trim()] }
}

/** Asks OpenSSL: the CMS over the covered bytes, its CAdES attributes, and the chain up to this root. */
export function verifyWithOpenssl(file: string, root: string): Verdict {
  const parts = signedParts(readFileSync(file))
  if (parts === undefined) return { tool: 'openssl', isGood: false, says: ['the PDF holds no signature'] }
  const folder = mkdtempSync(join(tmpdir(), 'chancery-verify-'))
  try {
    writeFileSync(join(folder, 'cms'), parts.cms)
    writeFileSync(join(folder, 'covered'), parts.covered)
    const input = ['-inform', 'DER', '-in', 'cms', '-binary', '-content', 'covered', '-out', '/dev/null']
    const { status, stderr } = spawnSync(
      'openssl',
      ['cms', '-verify', '-cades', ...input, '-CAfile', root, '-purpose', 'any'],
      { cwd: folder, encoding: 'utf8', env: toolEnvironment() },
    )
    return { tool: 'openssl', isGood: status === 0 && parts.coversAll, says: stderr.trim().split('\n') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** English messages, whatever the person's language: they are compared. */
function toolEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C' }
}
