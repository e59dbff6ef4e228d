/** supertest types `body` as any, which would switch the checker off behind it. */
export function bodyOf(response: { readonly body: unknown }): unknown {
  return response.body
}

/** A member of a body, or undefined. */
export function memberOf(body: unknown, member: string): unknown {
  return typeof body === 'object' && body !== null ? (Reflect.get(body, member) as unknown) : undefined
}

/** Names of a body's members, in order. */
export function membersOf(body: unknown): readonly string[] {
  return typeof body === 'object' && body !== null ? Object.keys(body) : []
}

/** A text member of a body; the test fails if there is none. */
export function textIn(body: unknown, member: string): string {
  const value = memberOf(body, member)
  if (typeof value !== 'string') throw new Error(`no text ${member} in the answer`)
  return value
}

/** A member that is a list; the test fails if it is none. */
export function listIn(body: unknown, member: string): readonly unknown[] {
  const value = memberOf(body, member)
  if (!Array.isArray(value)) throw new Error(`no list ${member} in the answer`)
  return value
}

/** The first text of a member that is a list; the test fails if there is none. */
export function firstTextIn(body: unknown, member: string): string {
  const [first] = listIn(body, member)
  if (typeof first !== 'string') throw new Error(`no text in ${member} of the answer`)
  return first
}
