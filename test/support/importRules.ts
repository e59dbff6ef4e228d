import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import ts from 'typescript'

/** A source file and what it imports, specifiers as written. */
export interface SourceFile {
  /** From the root of the project, with `/`. */
  readonly path: string
  readonly imports: readonly string[]
  /** Those of `import type`, which are gone when the program runs. */
  readonly typeImports?: readonly string[]
}

export interface ImportRules {
  /** Folder → folders or files that it may import besides itself. The longest folder that holds a file decides. */
  readonly folders: Readonly<Record<string, readonly string[]>>
  /**
   * Package → folders that may import it; its types may be named anywhere in the part that such a folder belongs to. A
   * package that is not listed may be imported nowhere.
   */
  readonly packages: Readonly<Record<string, readonly string[]>>
}

/** Every import of a source text: `import`, `export … from`, `import()`; those of types apart. */
export function importsOf(source: string): Required<Omit<SourceFile, 'path'>> {
  const imports: string[] = []
  const typeImports: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const isType = ts.isImportDeclaration(node)
        ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
        : node.isTypeOnly
      const specifier = node.moduleSpecifier
      if (specifier !== undefined && ts.isStringLiteral(specifier))
        (isType ? typeImports : imports).push(specifier.text)
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const specifier = node.arguments[0]
      // What cannot be read here must not stand in the sources.
      imports.push(
        specifier !== undefined && ts.isStringLiteral(specifier) ? specifier.text : 'computed import',
      )
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest))
  return { imports, typeImports }
}

/** One line for each import that the rules forbid and for each cycle; empty when all is well. */
export function violations(files: readonly SourceFile[], rules: ImportRules): readonly string[] {
  return [...files.flatMap((file) => forbiddenImports(file, rules)), ...cycles(files)]
}

function forbiddenImports(file: SourceFile, rules: ImportRules): readonly string[] {
  const folder = Object.keys(rules.folders)
    .filter((candidate) => isWithin(file.path, candidate))
    .sort((a, b) => b.length - a.length)[0]
  if (folder === undefined) return [`${file.path}: lies in no folder that has a rule`]
  const allowed = [folder, ...(rules.folders[folder] ?? [])]
  const refusal = (specifier: string, isType: boolean): readonly string[] => {
    if (isNodeModule(specifier)) return []
    const target = resolved(file.path, specifier)
    if (target !== undefined)
      return allowed.some((place) => isWithin(target, place)) ? [] : [`${file.path} imports ${target}`]
    const owners = rules.packages[packageName(specifier)] ?? []
    const mayImport = owners.some((owner) => isWithin(file.path, isType ? partOf(owner) : owner))
    return mayImport ? [] : [`${file.path} imports package ${packageName(specifier)}`]
  }
  return [
    ...file.imports.flatMap((specifier) => refusal(specifier, false)),
    ...(file.typeImports ?? []).flatMap((specifier) => refusal(specifier, true)),
  ]
}

/** The top folder. */
function partOf(path: string): string {
  return path.replace(/\/.*/, '')
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

function isNodeModule(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier)
}

function resolved(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function cycles(files: readonly SourceFile[]): readonly string[] {
  const edges = new Map(
    files.map((file) => [
      file.path,
      [...file.imports, ...(file.typeImports ?? [])].flatMap(
        (specifier) => resolved(file.path, specifier) ?? [],
      ),
    ]),
  )
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`)
      return
    }
    if (done.has(path)) return
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const file of files) visit(file.path, [])
  return found
}
