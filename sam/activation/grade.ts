import { GRADES, type Grade } from '../../sap/operations.ts'

/** Whether an act of grade `given` is enough where `minimum` is demanded. */
export function isAtLeast(given: Grade, minimum: Grade): boolean {
  return GRADES.indexOf(given) >= GRADES.indexOf(minimum)
}
