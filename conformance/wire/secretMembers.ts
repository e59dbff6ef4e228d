import { parsedJson } from '../json.ts'

/** Members whose values open something. */
const SECRET_MEMBERS = /"(SAD|access_token|refresh_token|handle|challenge)"\s*:\s*"((?:[^"\\]|\\.)*)"/g

/** The secrets that an answer brings, as they are meant. */
export function secretMembersOf(text: string): readonly { readonly name: string; readonly value: string }[] {
  return Array.from(text.matchAll(SECRET_MEMBERS), ([, name = '', value = '']) => {
    const meant = parsedJson(`"${value}"`)
    return { name, value: typeof meant === 'string' ? meant : value }
  })
}

/** The text with a name in the place of each of those secrets, to be cut without leaving the half of one. */
export function withoutSecretMembers(text: string): string {
  return text.replace(SECRET_MEMBERS, '"$1":"‹$1›"')
}
