/** What a destination may be. Each is one line of ASCII: nothing in it could end a header or name a second receiver. */
export const DESTINATION_FORMS = ['phone', 'mail', 'id'] as const
export type DestinationForm = (typeof DESTINATION_FORMS)[number]

const PATTERNS: Readonly<Record<DestinationForm, RegExp>> = {
  /** E.164 with its plus sign. */
  phone: /^\+[1-9][0-9]{6,14}$/,
  mail: /^[^\s@<>,;:"]{1,64}@[A-Za-z0-9.-]{1,255}$/,
  /** What a gateway registered a device or person under. */
  id: /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
}

export function hasForm(form: DestinationForm, destination: string): boolean {
  return PATTERNS[form].test(destination)
}
