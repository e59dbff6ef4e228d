import { printable } from '../../printable.ts'

/** A piece of HTML that may stand as it is. Only `markup` makes it, and that escapes what it is given. */
export class Markup {
  readonly text: string

  private constructor(text: string) {
    this.text = text
  }

  static of(strings: TemplateStringsArray, values: readonly Content[]): Markup {
    return new Markup(strings.reduce((text, part, index) => text + part + rendered(values[index] ?? ''), ''))
  }

  /** Only for text of this suite itself, such as its style sheet. */
  static trusted(text: string): Markup {
    return new Markup(text)
  }
}

export type Content = string | number | Markup | readonly Content[]

/** `markup\`<p>${text}</p>\``: text is escaped, for a place between tags or within double quotes; pieces and lists of them are put in. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return Markup.of(strings, values)
}

/** Text in which what stands between backticks is code. */
export function prose(text: string): Markup {
  const parts = text.split('`')
  // An odd number of backticks is no pair of them.
  if (parts.length % 2 === 0) return markup`${text}`
  return markup`${parts.map((part, index) => (index % 2 === 0 ? part : markup`<code>${part}</code>`))}`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function rendered(content: Content): string {
  if (content instanceof Markup) return content.text
  if (typeof content === 'string') return printable(content).replace(/[&<>"']/g, (one) => ESCAPES[one] ?? '')
  if (typeof content === 'number') return String(content)
  return content.map(rendered).join('')
}
