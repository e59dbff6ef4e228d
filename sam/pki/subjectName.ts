import { objectIdentifier, printableString, sequence, setOfOne, utf8String } from '../../sap/der.ts'

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

/**
 * DER of the X.501 Name of a signer, attributes in the order country, organization, surname, given name, serial
 * number, common name. Throws RangeError if country or serial number is not a PrintableString.
 */
export function subjectName(subject: SignerSubject): Buffer {
  const relativeNames = [
    attribute('2.5.4.6', printableString, subject.country),
    attribute('2.5.4.10', utf8String, subject.organization),
    attribute('2.5.4.4', utf8String, subject.surname),
    attribute('2.5.4.42', utf8String, subject.givenName),
    attribute('2.5.4.5', printableString, subject.serialNumber),
    attribute('2.5.4.3', utf8String, subject.commonName),
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
