import type { ErrorObject } from 'ajv'
import { COMMON_TEXT } from './wording.ts'

/** The part of a JSON schema that words are made from. */
interface MemberSchema {
  readonly type?: unknown
  readonly items?: { readonly format?: unknown }
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
}

interface Violation {
  readonly member: string
  readonly keyword: string
  readonly isInside: boolean
}

const BODY = '/requestBody'

/**
 * The contract's violations, as the validator found them, in the words of CSC API v1.0.4.0 §11: those of the member that
 * is checked first, and of its violations, absence or type before the value.
 */
export function describeViolation(errors: readonly ErrorObject[], request: MemberSchema): string {
  const members = Object.keys(request.properties ?? {})
  const violations = errors
    .map(violationOf)
    .filter((violation) => violation !== undefined)
    .sort((a, b) => rank(members, a) - rank(members, b))
  const [first] = violations
  const schema = first === undefined ? undefined : request.properties?.[first.member]
  return first === undefined || schema === undefined ? COMMON_TEXT.invalid_request : words(first, schema)
}

function violationOf(error: ErrorObject): Violation | undefined {
  if (error.instancePath === BODY && error.keyword === 'required') {
    const params: Readonly<Record<string, unknown>> = error.params
    return { member: String(params['missingProperty']), keyword: 'required', isInside: false }
  }
  const [member, ...inside] = error.instancePath.slice(BODY.length + 1).split('/')
  if (!error.instancePath.startsWith(`${BODY}/`) || member === undefined) return undefined
  return { member, keyword: error.keyword, isInside: inside.length > 0 }
}

function rank(members: readonly string[], violation: Violation): number {
  return members.indexOf(violation.member) * 3 + (isShape(violation) ? 0 : violation.isInside ? 2 : 1)
}

function isShape({ keyword, isInside }: Violation): boolean {
  return !isInside && (keyword === 'required' || keyword === 'type')
}

function words(violation: Violation, schema: MemberSchema): string {
  const name = schema['x-name'] ?? violation.member
  if (schema['x-error'] !== undefined) return schema['x-error']
  if (isShape(violation)) return `Missing (or invalid type) ${String(schema.type)} parameter ${name}`
  const ofKeyword = schema['x-errors']?.[violation.keyword]
  if (ofKeyword !== undefined) return ofKeyword
  if (schema['x-value-error'] !== undefined) return schema['x-value-error']
  if (violation.keyword === 'minItems') return `Empty ${name} array`
  if (violation.isInside && schema.items?.format === 'byte') return `Invalid Base64 ${name} string parameter`
  return `Invalid parameter ${name}`
}
