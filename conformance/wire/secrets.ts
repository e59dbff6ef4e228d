const SHORTEST = 4
/** Of a form in base64: shorter ones are everywhere. */
const SHORTEST_ENCODED = 5

/** What must not be written into a report. */
export interface Secrets {
  /**
   * `name` stands in the report where the value was: as it is, escaped for JSON, a URI or HTML, and in base64, whatever
   * stood before and behind it there. Values of fewer than four characters are left: they are everywhere.
   */
  add(value: string, name: string): void
  mask(text: string): string
}

interface Form {
  readonly pattern: string | RegExp
  readonly length: number
  readonly name: string
}

export function createSecrets(): Secrets {
  const known = new Set<string>()
  let forms: Form[] = []
  let isSorted = true
  return {
    add(value, name) {
      if (value.length < SHORTEST || known.has(value)) return
      known.add(value)
      forms.push({ pattern: patternOf(value), length: value.length, name: `‹${name}›` })
      for (const encoded of encodedForms(value))
        forms.push({ pattern: encoded, length: encoded.length, name: `‹${name} in base64›` })
      isSorted = false
    },
    mask(text) {
      // The longest first: a token may hold another.
      if (!isSorted) forms = forms.sort((one, other) => other.length - one.length)
      isSorted = true
      return forms.reduce((masked, { pattern, name }) => masked.replaceAll(pattern, () => name), text)
    },
  }
}

/** Letters and digits are written in one way everywhere; each other character may be escaped in several. */
function patternOf(value: string): string | RegExp {
  if (/^[A-Za-z0-9_-]*$/.test(value)) return value
  return new RegExp(Array.from(value, characterPattern).join(''), 'g')
}

function characterPattern(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  const inJson = units.map((unit) => String.raw`\\+u${anyCase(unit.toString(16).padStart(4, '0'))}`)
  const inUri = [...Buffer.from(character)].map((byte) => `%${anyCase(byte.toString(16).padStart(2, '0'))}`)
  const named = HTML_NAMES[character]
  const code = character.codePointAt(0) ?? 0
  const forms = [
    String.raw`\\*${literally(character)}`,
    inJson.join(''),
    inUri.join(''),
    `&#0*${code};`,
    `&#[xX]0*${anyCase(code.toString(16))};`,
    ...(character === ' ' ? [String.raw`\+`] : []),
    ...(named === undefined ? [] : [`&${named};`]),
  ]
  return `(?:${forms.join('|')})`
}

const HTML_NAMES: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
}

function literally(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, String.raw`\$&`)
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
}

/** The characters of base64 that depend on these bytes only, when others stand before and behind them. */
function encodedForms(value: string): readonly string[] {
  const bytes = Buffer.from(value)
  const forms = [0, 1, 2].flatMap((offset) => {
    const from = Math.ceil((offset * 8) / 6)
    const to = Math.floor(((offset + bytes.length) * 8) / 6)
    const padded = Buffer.concat([Buffer.alloc(offset), bytes])
    return (['base64', 'base64url'] as const).map((alphabet) => padded.toString(alphabet).slice(from, to))
  })
  return [...new Set(forms)].filter(({ length }) => length >= SHORTEST_ENCODED)
}
