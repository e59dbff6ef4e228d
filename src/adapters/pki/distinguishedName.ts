import { fromBER, ObjectIdentifier, Sequence, Set as AsnSet, type BaseBlock } from 'asn1js'

/** Attribute types by a short name that is registered for LDAP (RFC 4514 §3, RFC 4519) and that Java knows too. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'surname',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.42': 'givenName',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
}

/**
 * RFC 4514: the last relative name first, values escaped; a type without a short name as OID with its value in hex.
 * Takes the DER of a Name. Throws RangeError if it is none.
 */
export function distinguishedName(der: Uint8Array): string {
  const { result, offset } = fromBER(der)
  if (offset !== der.length) throw new RangeError('not a Name')
  return sequenceOf(result)
    .map((relative) => {
      if (!(relative instanceof AsnSet)) throw new RangeError('not a Name')
      return relative.valueBlock.value.map(attributeText).join('+')
    })
    .reverse()
    .join(',')
}

function sequenceOf(block: BaseBlock): readonly BaseBlock[] {
  if (!(block instanceof Sequence)) throw new RangeError('not a Name')
  return block.valueBlock.value
}

function attributeText(attribute: BaseBlock): string {
  const [type, value] = sequenceOf(attribute)
  if (!(type instanceof ObjectIdentifier) || value === undefined) throw new RangeError('not a Name')
  const oid = type.valueBlock.toString()
  const name = SHORT_NAMES[oid]
  const text = stringOf(value)
  if (name === undefined || text === undefined)
    return `${name ?? oid}=#${Buffer.from(value.toBER()).toString('hex')}`
  return `${name}=${escaped(text)}`
}

function stringOf(block: BaseBlock): string | undefined {
  // Every string type of asn1js keeps its text in `value` of the value block.
  const { valueBlock } = block
  return 'value' in valueBlock && typeof valueBlock.value === 'string' ? valueBlock.value : undefined
}

/** RFC 4514 §2.4. */
function escaped(text: string): string {
  return text
    .replace(/[\\"+,;<>]/g, String.raw`\$&`)
    .replace(/\0/g, String.raw`\00`)
    .replace(/^[# ]/, String.raw`\$&`)
    .replace(/ $/, String.raw`\ `)
}
