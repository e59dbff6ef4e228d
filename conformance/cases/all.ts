import type { Case } from '../case.ts'
import { authLogin as authLoginV1 } from './v1/authLogin.ts'
import { signHash as signHashV1 } from './v1/signHash.ts'

/** Every case, in the order of the standard's clauses; what waits, and what destroys, comes last in its version. */
export const CASES: readonly Case[] = [...authLoginV1, ...signHashV1]
