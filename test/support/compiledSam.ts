import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  rewriteRelativeImportExtensions: true,
  verbatimModuleSyntax: true,
}

let made: string | undefined

/**
 * The SAM as JavaScript, in a folder that lives as long as this process: a SAM that is started a hundred times starts
 * three times as fast from it as through a loader. Returns the folder; the program is `sam/main.js` in it.
 */
export function compiledSam(): string {
  made ??= compile()
  return made
}

function compile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-compiled-'))
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  for (const part of ['sap', 'hsm', 'store', 'egress', 'sam'])
    for (const entry of readdirSync(join(ROOT, part), { withFileTypes: true, recursive: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
      const source = join(entry.parentPath, entry.name)
      const target = join(folder, relative(ROOT, source).replace(/\.ts$/, '.js'))
      mkdirSync(dirname(target), { recursive: true })
      const compiled = ts.transpileModule(readFileSync(source, 'utf8'), { compilerOptions: OPTIONS })
      writeFileSync(target, compiled.outputText)
    }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}
