const SHORTEST = 4

/** What must not be written into a report. */
export interface Secrets {
  /** `name` stands in the report where the value was. Values of fewer than four characters are left: they are everywhere. */
  add(value: string, name: string): void
  mask(text: string): string
}

export function createSecrets(): Secrets {
  const names = new Map<string, string>()
  return {
    add(value, name) {
      if (value.length < SHORTEST) return
      for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])
        names.set(form, `‹${name}›`)
    },
    mask: (text) =>
      // The longest first: a token may hold another.
      [...names]
        .sort(([one], [other]) => other.length - one.length)
        .reduce((masked, [value, name]) => masked.replaceAll(value, name), text),
  }
}
