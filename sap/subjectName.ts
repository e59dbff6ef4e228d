import { UNPRINTABLE } from './codec.ts'
import {
  PRINTABLE_STRING,
  SEQUENCE,
  SET,
  UTF8_STRING,
  derElements,
  isPrintable,
  objectIdentifier,
  printableString,
  sequence,
  setOfOne,
  utf8String,
} from './der.ts'

/** The signer's name as the registration officer recorded it. */
export interface SignerSubject {
  readonly commonName: string
  readonly givenName?: string | undefined
  readonly surname?: string | undefined
  /** PrintableString, e.g. `PNODK-1234` (ETSI EN 319 412-1 §5.1.3). */
  readonly serialNumber?: string | undefined
  readonly organization?: string | undefined
  /** ISO 3166-1 alpha-2. */
  readonly country: string
}

const COUNTRY = '2.5.4.6'
const ORGANIZATION = '2.5.4.10'
const SURNAME = '2.5.4.4'
const GIVEN_NAME = '2.5.4.42'
const SERIAL_NUMBER = '2.5.4.5'
const COMMON_NAME = '2.5.4.3'

/**
 * DER of the X.501 Name of a signer, attributes in the order country, organization, surname, given name, serial
 * number, common name. Throws RangeError if country or serial number is not a PrintableString.
 */
export function subjectName(subject: SignerSubject): Buffer {
  const relativeNames = [
    attribute(COUNTRY, printableString, subject.country),
    attribute(ORGANIZATION, utf8String, subject.organization),
    attribute(SURNAME, utf8String, subject.surname),
    attribute(GIVEN_NAME, utf8String, subject.givenName),
    attribute(SERIAL_NUMBER, printableString, subject.serialNumber),
    attribute(COMMON_NAME, utf8String, subject.commonName),
  ]
  return sequence(...relativeNames.flat())
}

function attribute(
  oid: string,
  write: (text: string) => Buffer,
  value: string | undefined,
): readonly Buffer[] {
  return value === undefined ? [] : [setOfOne(sequence(objectIdentifier(oid), write(value)))]
}

/** An attribute that a signer's name may have, by the DER of its OID, hex. */
const FIELDS: ReadonlyMap<string, keyof SignerSubject> = new Map([
  [objectIdentifier(COUNTRY).toString('hex'), 'country'],
  [objectIdentifier(ORGANIZATION).toString('hex'), 'organization'],
  [objectIdentifier(SURNAME).toString('hex'), 'surname'],
  [objectIdentifier(GIVEN_NAME).toString('hex'), 'givenName'],
  [objectIdentifier(SERIAL_NUMBER).toString('hex'), 'serialNumber'],
  [objectIdentifier(COMMON_NAME).toString('hex'), 'commonName'],
])

/**
 * Reads the Name of a signer, in any order. Undefined unless it has a country, a common name, and besides only what
 * `SignerSubject` has, each once, as UTF8String or PrintableString of 1 to 64 characters;
 * whatever it answers, `subjectName` takes.
 */
export function readSubjectName(name: Uint8Array): SignerSubject | undefined {
  const [outer, ...rest] = derElements(name) ?? []
  const relativeNames = outer?.tag === SEQUENCE && rest.length === 0 ? derElements(outer.content) : undefined
  if (relativeNames === undefined) return undefined
  const found = new Map<keyof SignerSubject, string>()
  for (const relativeName of relativeNames) {
    const read = relativeName.tag === SET ? readAttribute(relativeName.content) : undefined
    if (read === undefined || found.has(read.field)) return undefined
    found.set(read.field, read.value)
  }
  const country = found.get('country')
  const commonName = found.get('commonName')
  if (commonName === undefined || country === undefined || !/^[A-Z]{2}$/.test(country)) return undefined
  return { ...Object.fromEntries(found), commonName, country }
}

/** The content of a relative name that is one attribute and one only. */
function readAttribute(content: Uint8Array): { field: keyof SignerSubject; value: string } | undefined {
  const [attributes, ...others] = derElements(content) ?? []
  if (attributes?.tag !== SEQUENCE || others.length > 0) return undefined
  const [type, text, ...more] = derElements(attributes.content) ?? []
  if (type === undefined || text === undefined || more.length > 0) return undefined
  const field = FIELDS.get(Buffer.from(type.whole).toString('hex'))
  if (field === undefined || (text.tag !== UTF8_STRING && text.tag !== PRINTABLE_STRING)) return undefined
  const value = Buffer.from(text.content).toString('utf8')
  if ((text.tag === PRINTABLE_STRING || field === 'serialNumber') && !isPrintable(value)) return undefined
  const isText = Buffer.from(value, 'utf8').equals(text.content) && value.length >= 1 && value.length <= 64
  return isText && !UNPRINTABLE.test(value) ? { field, value } : undefined
}
