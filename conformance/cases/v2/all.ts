import type { Case } from '../../case.ts'
import { signDoc } from './signDoc.ts'

/** The cases of version 2, in the order of its clauses; what waits, and what destroys, comes last. */
export const V2: readonly Case[] = [...signDoc]
