/** A signature that is not over what was prepared, or of another key. */
export class WrongSignature extends Error {
  override readonly name = 'WrongSignature'
}
