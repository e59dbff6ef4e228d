/** A reason not to start that a person can do something about: one sentence, no stack. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart'
}
