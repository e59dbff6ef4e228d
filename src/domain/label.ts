/** Characters of a description or label, at most (CSC API v1.0.4.0 §11.6). */
export const MAX_LABEL = 500

/** A description as messages and journals may hold it: control characters become spaces. */
export function cleanLabel(text: string): string {
  // eslint-disable-next-line no-control-regex -- the point
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ').trim()
}
