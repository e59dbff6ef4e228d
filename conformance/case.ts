import type { ErrorRow } from './errorTables.ts'
import { refusedAs } from './expect.ts'
import type { Section } from './section.ts'
import type { Trial } from './trial.ts'
import type { Answer } from './wire/answer.ts'

/** Requirement levels of the standard. Only a SHALL that does not hold is a failure; the others are warnings. */
export type Level = 'SHALL' | 'SHOULD' | 'MAY'

/** One rule, and the steps that show whether a service keeps it. */
export interface Case extends Section {
  /** `v1 signatures/signHash hash-empty`; unique. */
  readonly id: string
  readonly level: Level
  /** The rule, in our own words. */
  readonly rule: string
  /** The row of the error table (openapi/errors.yaml) that the case is about. */
  readonly row?: string
  /** Kinds of attack and of bad input (docs/conformance.md). */
  readonly attacks?: readonly string[]
  /** Present: it changes what cannot be changed back, and is run only when asked for. Says what it will do. */
  readonly destructive?: string
  /** Present: it waits (`trial.wait`) for something to expire, and other cases act meanwhile. Says for what. */
  readonly waits?: string
  /** Present, where it waits: why no other case may act meanwhile. */
  readonly alone?: string
  /** Throws Refuted, NotOffered or NotRun; returns when the rule was seen to hold. */
  readonly run: (trial: Trial) => Promise<void>
}

type Written = Omit<Case, keyof Section | 'id' | 'level'> & { readonly level?: Level; readonly name: string }

/** A case of a section; `SHALL` unless it says otherwise. */
export type CaseIn = (section: Section) => Case

export function rule(written: Written): CaseIn {
  const { name, ...rest } = written
  return (section) => ({
    ...section,
    id: `${section.version} ${section.method} ${name}`,
    level: 'SHALL',
    ...rest,
  })
}

interface WrittenRow {
  readonly row: string
  readonly rule: string
  readonly attacks?: readonly string[]
  readonly destructive?: string
  readonly waits?: string
  /** Sends the request with the one fault that the row is about. */
  readonly send: (trial: Trial) => Promise<Answer>
}

/** A row of the section's error table: the answer must be the row's status, error and description. */
export function row(written: WrittenRow): CaseIn {
  const { send, ...rest } = written
  return (section) => ({
    ...section,
    id: `${section.version} ${section.method} ${written.row}`,
    level: 'SHALL',
    ...rest,
    run: async (trial) => {
      const expected: ErrorRow = trial.errors.row(section, written.row)
      refusedAs(trial, await send(trial), expected)
    },
  })
}

interface WrittenVariants extends Omit<WrittenRow, 'send'> {
  readonly name: string
  /** Sends the same fault in several shapes. */
  readonly send: (trial: Trial) => Promise<readonly Answer[]>
}

/** Other shapes of a row's fault: each of the answers must be the row's. */
export function variants(written: WrittenVariants): CaseIn {
  const { send, name, ...rest } = written
  return (section) => ({
    ...section,
    id: `${section.version} ${section.method} ${name}`,
    level: 'SHALL',
    ...rest,
    run: async (trial) => {
      const expected = trial.errors.row(section, written.row)
      for (const answer of await send(trial)) refusedAs(trial, answer, expected)
    },
  })
}

export function casesOf(section: Section, cases: readonly CaseIn[]): readonly Case[] {
  return cases.map((one) => one(section))
}

/** The row of a method's error table in the version that runs. */
export function rowOf({ errors, version }: Trial, method: string, name: string): ErrorRow {
  return errors.row({ version, method }, name)
}

/**
 * The same cases; what waits, and what destroys, comes last. First of these is what waits together, so that the rest is
 * done while it waits.
 */
export function inOrder(cases: readonly Case[]): readonly Case[] {
  const isLate = ({ waits, destructive }: Case): boolean => waits !== undefined || destructive !== undefined
  const late = cases.filter(isLate)
  return [
    ...cases.filter((one) => !isLate(one)),
    ...late.filter(waitsTogether),
    ...late.filter((one) => !waitsTogether(one)),
  ]
}

/** Whether other cases may act while it waits. */
export function waitsTogether({ waits, alone }: Case): boolean {
  return waits !== undefined && alone === undefined
}
