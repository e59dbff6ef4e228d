import { CscError } from '../domain/errors.ts'
import type { Tolerances } from '../domain/tolerances.ts'
import { COMMON_TEXT } from './wording.ts'

type Body = Readonly<Record<string, unknown>>

/** Members that hold base64 in one of both versions. */
const BASE64_MEMBERS = ['hash', 'hashes', 'nonce'] as const
const NUMBER_MEMBERS = ['numSignatures', 'maxResults', 'validity_period'] as const
const TEXT_MEMBERS = ['lang', 'clientData'] as const
const V1_NAMES = { hash: 'hashes', hashAlgo: 'hashAlgorithmOID' } as const
const V1_FACTORS = ['PIN', 'OTP'] as const

/**
 * A request body as the contract spells it, from what this client may write instead. What no switch allows stays as it
 * is, for the contract to refuse. Throws CscError where two spellings of one member contradict each other.
 */
export function tolerantBody(tolerances: Tolerances, basePath: string, given: object): object {
  if (tolerances.size === 0) return given
  let body: Body = { ...given }
  if (basePath.endsWith('/v2') && tolerances.has('v1Names')) body = withV2Names(body)
  if (tolerances.has('passwordObject')) body = mapped(body, ['authData'], withPinObject)
  if (tolerances.has('looseText')) body = withoutOddText(body)
  if (tolerances.has('base64url')) body = mapped(body, BASE64_MEMBERS, asBase64)
  if (tolerances.has('numericStrings')) body = mapped(body, NUMBER_MEMBERS, asNumber)
  return body
}

function mapped(body: Body, names: readonly string[], change: (value: unknown) => unknown): Body {
  const changed = names.filter((name) => name in body).map((name) => [name, change(body[name])] as const)
  return { ...body, ...Object.fromEntries(changed) }
}

function withV2Names(body: Body): Body {
  const { ...renamed } = body as Record<string, unknown>
  for (const [old, name] of Object.entries(V1_NAMES)) {
    if (!(old in renamed)) continue
    if (name in renamed && JSON.stringify(renamed[name]) !== JSON.stringify(renamed[old]))
      throw new CscError('invalid_request', COMMON_TEXT.invalid_request)
    renamed[name] = renamed[old]
  }
  const authData = V1_FACTORS.filter((id) => id in renamed).map((id) => ({ id, value: renamed[id] }))
  if (authData.length === 0) return renamed
  // A factor that was given must not stay unlooked at.
  if ('authData' in renamed) throw new CscError('invalid_request', COMMON_TEXT.invalid_request)
  return { ...renamed, authData }
}

function withPinObject(authData: unknown): unknown {
  if (!Array.isArray(authData)) return authData
  return authData.map((entry: unknown): unknown => {
    const isPassword = typeof entry === 'object' && entry !== null && 'id' in entry && entry.id === 'password'
    return isPassword ? { ...entry, id: 'PIN' } : entry
  })
}

function withoutOddText(body: Body): Body {
  const odd = TEXT_MEMBERS.filter((name) => name in body && typeof body[name] !== 'string')
  return Object.fromEntries(Object.entries(body).filter(([name]) => !odd.some((one) => one === name)))
}

/** Either alphabet, padded or not, but still one text for one value: unused bits must be zero. */
function asBase64(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asBase64)
  if (typeof value !== 'string') return value
  const unpadded = value.replace(/={1,2}$/, '')
  if (unpadded !== value && value.length % 4 !== 0) return value
  const url = unpadded.replaceAll('+', '-').replaceAll('/', '_')
  const bytes = Buffer.from(url, 'base64url')
  return bytes.toString('base64url') === url ? bytes.toString('base64') : value
}

function asNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value
}
