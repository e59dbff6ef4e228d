import type { ErrorObject } from 'ajv'
import { COMMON_TEXT } from './wording.ts'

/** The part of a JSON schema that words are made from. */
interface MemberSchema {
  readonly type?: unknown
  readonly items?: MemberSchema & { readonly format?: unknown }
  readonly properties?: Readonly<Record<string, MemberSchema>>
  readonly required?: readonly string[]
  /** The words for every violation. */
  readonly 'x-error'?: string
  /** The words for a violation other than absence or type. */
  readonly 'x-value-error'?: string
  /** The words for a violation of one keyword. */
  readonly 'x-errors'?: Readonly<Record<string, string>>
  /** The member's name in the standard's words, where it is another. */
  readonly 'x-name'?: string
  /** An array of objects whose members have words of their own. */
  readonly 'x-entries'?: boolean
}

interface Violation {
  /** Names of members, with the index between that of an array with entries and that of a member of an entry. */
  readonly path: readonly string[]
  readonly keyword: string
}

/** A violation at the member whose words are told. */
interface Located {
  readonly schema: MemberSchema
  readonly name: string
  readonly keyword: string
  /** In an element or a member of it, not of itself. */
  readonly isInside: boolean
  /** Which is told first: smaller numbers, from the left. */
  readonly rank: readonly number[]
}

const BODY = '/requestBody'

/**
 * The contract's violations, as the validator found them, in the words of CSC API v1.0.4.0 §11: those of the member that
 * is checked first, and of its violations, absence or type before the value.
 */
export function describeViolation(errors: readonly ErrorObject[], request: MemberSchema): string {
  const [first] = errors
    .map(violationOf)
    .filter((violation) => violation !== undefined)
    .map((violation) => located(violation.path, violation.keyword, request))
    .filter((violation) => violation !== undefined)
    .sort((a, b) => compareRanks(a.rank, b.rank))
  return first === undefined ? COMMON_TEXT.invalid_request : words(first)
}

function violationOf(error: ErrorObject): Violation | undefined {
  if (!`${error.instancePath}/`.startsWith(`${BODY}/`)) return undefined
  const path = error.instancePath.slice(BODY.length).split('/').slice(1)
  if (error.keyword !== 'required') return path.length === 0 ? undefined : { path, keyword: error.keyword }
  const params: Readonly<Record<string, unknown>> = error.params
  return { path: [...path, String(params['missingProperty'])], keyword: 'required' }
}

function located(path: readonly string[], keyword: string, parent: MemberSchema): Located | undefined {
  const [name = '', index, ...rest] = path
  const schema = parent.properties?.[name]
  if (schema === undefined) return undefined
  const at = Object.keys(parent.properties ?? {}).indexOf(name)
  if (schema['x-entries'] === true && schema.items !== undefined && rest.length > 0) {
    const inner = located(rest, keyword, schema.items)
    return inner && { ...inner, rank: [at, 3, Number(index), ...inner.rank] }
  }
  const isInside = index !== undefined
  const isShape = !isInside && isShapeKeyword(keyword)
  return { schema, name, keyword, isInside, rank: [at, isShape ? 0 : isInside ? 2 : 1] }
}

function isShapeKeyword(keyword: string): boolean {
  return keyword === 'required' || keyword === 'type'
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const [first = -1, ...restOfA] = a
  const [second = -1, ...restOfB] = b
  if (a.length === 0 && b.length === 0) return 0
  return first === second ? compareRanks(restOfA, restOfB) : first - second
}

function words({ schema, name: member, keyword, isInside }: Located): string {
  const name = schema['x-name'] ?? member
  if (schema['x-error'] !== undefined) return schema['x-error']
  const ofKeyword = isInside ? undefined : schema['x-errors']?.[keyword]
  if (ofKeyword !== undefined) return ofKeyword
  if (!isInside && isShapeKeyword(keyword))
    return `Missing (or invalid type) ${String(schema.type)} parameter ${name}`
  if (schema['x-value-error'] !== undefined) return schema['x-value-error']
  if (keyword === 'minItems') return `Empty ${name} array`
  if (isInside && schema.items?.format === 'byte') return `Invalid Base64 ${name} string parameter`
  return `Invalid parameter ${name}`
}
