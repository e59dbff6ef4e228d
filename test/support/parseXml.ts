/** An element of an XML document. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: XmlElement[]
  /** What stands between the tags, its own and its children's. */
  text: string
}

const TOKEN = /<\?xml[^?]*\?>|<\/([\w-]+)>|<([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy
const ATTRIBUTE = /([\w-]+)="([^"]*)"/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }

/** As much of XML as a JUnit report has. Throws Error for what is not well formed, and for characters that XML has no place for. */
export function parseXml(document: string): XmlElement {
  if (/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(document))
    throw new Error('a character that XML has no place for')
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  let end = 0
  for (const match of document.matchAll(TOKEN)) {
    end = match.index + match[0].length
    const [, closing, opening, attributes = '', alone, text] = match
    const here = open.at(-1) ?? root
    if (text !== undefined) here.text += decoded(text)
    if (opening !== undefined) {
      const element = { name: opening, attributes: attributesIn(attributes), children: [], text: '' }
      here.children.push(element)
      if (alone === '') open.push(element)
    }
    if (closing !== undefined && open.pop()?.name !== closing) throw new Error(`</${closing}> closes nothing`)
  }
  const [only] = root.children
  if (end !== document.length || open.length !== 1 || only === undefined || root.children.length !== 1)
    throw new Error(`not well formed at ${document.slice(end, end + 40)}`)
  return only
}

function attributesIn(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(ATTRIBUTE), ([, name = '', value = '']) => [name, decoded(value)]),
  )
}

function decoded(text: string): string {
  if (text.includes(']]>') || /&(?!(amp|lt|gt|quot);)/.test(text)) throw new Error(`malformed text: ${text}`)
  return text.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name] ?? '')
}
