/**
 * The best of the languages that there are for one that was asked for (RFC 4647 §3.4, lookup): `de-AT` gets `de`.
 * `byDefault` where nothing fits, or what was asked for is no language tag.
 */
export function chooseLanguage<L extends string>(
  requested: string | undefined,
  there: readonly L[],
  byDefault: L,
): L {
  if (requested === undefined || requested.length > 35) return byDefault
  const parts = requested.toLowerCase().split('-')
  for (let length = parts.length; length > 0; length -= 1) {
    const range = parts.slice(0, length).join('-')
    const found = there.find((language) => language.toLowerCase() === range)
    if (found !== undefined) return found
  }
  return byDefault
}
