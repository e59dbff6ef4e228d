import type { Case } from '../case.ts'
import { V1 } from './v1/all.ts'
import { V2 } from './v2/all.ts'

/** Every case, in the order of the standard's clauses; what waits, and what destroys, comes last in its version. */
export const CASES: readonly Case[] = [...V1, ...V2]
