/** One process of the set, as the supervisor starts it. Nothing secret: argv and environment can be seen. */
export interface ChildCommand {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
  /** The whole environment of the child: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>
  /** The OS user it runs as; absent: the supervisor's own. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
}

/** The code with which a process says that starting it again is of no use: configuration, PIN, LOCKED. */
export const DO_NOT_RESTART = 78
