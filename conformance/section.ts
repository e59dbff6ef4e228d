export type ApiVersion = 'v1' | 'v2'

/** Where the cases of a file belong. */
export interface Section {
  readonly version: ApiVersion
  /** As `info.methods` names it; `service` for what holds for all of them. */
  readonly method: string
  /** Of the standard's text of this version, such as `11.9`. */
  readonly clause: string
}
