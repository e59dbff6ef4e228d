import { stringify } from 'yaml'
import type { Answers } from './questions.ts'

const COMMENTS: Readonly<Record<keyof Answers, string>> = {
  baseUrls: 'Base URIs by version; --base-url goes before.',
  tls: 'PEM files: the authority of the service, and a client certificate where it asks for one.',
  user: 'Whom the suite acts as. Passwords and PINs stay in files of their own, which nobody else may read.',
  other: 'Somebody else, whose credentials the user must not reach.',
  lockable: 'Whose factors may get locked; used with --destructive only.',
  disabled: 'A credential of the user that is disabled.',
  expired: 'A credential of the user whose certificate has expired.',
  lifetimes: 'Seconds that things live: needed to see that they end.',
  lockAfter: 'Wrong attempts that lock a factor.',
}

const NAMES = Object.keys(COMMENTS)

/** The account file of these answers, each member with a comment; what was not given stands there as a comment alone. */
export function accountYaml(answers: Answers): string {
  const members: Readonly<Record<string, unknown>> = { ...answers }
  const parts = NAMES.map((name) => {
    const comment = `# ${commentOf(name)}\n`
    const value = members[name]
    const isGiven = typeof value === 'object' ? Object.keys(value ?? {}).length > 0 : value !== undefined
    return isGiven ? `${comment}${stringify({ [name]: value }, { lineWidth: 0 })}` : `${comment}# ${name}:\n`
  })
  return `# Account file of chancery-conformance; docs/conformance.md describes each member.\n\n${parts.join('\n')}`
}

function commentOf(name: string): string {
  return Object.entries(COMMENTS).find(([one]) => one === name)?.[1] ?? ''
}
