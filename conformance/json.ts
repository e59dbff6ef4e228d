/** The member at a path such as `key/status`; undefined when there is none. */
export function at(value: unknown, path: string): unknown {
  return path
    .split('/')
    .reduce<unknown>(
      (here, name) =>
        typeof here === 'object' && here !== null && Object.hasOwn(here, name)
          ? (Reflect.get(here, name) as unknown)
          : undefined,
      value,
    )
}

/** The text at a path, or undefined. */
export function textAt(value: unknown, path: string): string | undefined {
  const found = at(value, path)
  return typeof found === 'string' ? found : undefined
}

/** The number at a path, or undefined. */
export function numberAt(value: unknown, path: string): number | undefined {
  const found = at(value, path)
  return typeof found === 'number' ? found : undefined
}

/** The list at a path; empty when there is none. */
export function listAt(value: unknown, path: string): readonly unknown[] {
  const found: unknown = at(value, path)
  return Array.isArray(found) ? found : []
}

/** The texts of the list at a path. */
export function textsAt(value: unknown, path: string): readonly string[] {
  return listAt(value, path).filter((one) => typeof one === 'string')
}

/** Undefined when the text is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
