import type { Codec, TypeOf } from '../codec.ts'
import type { Role } from '../operations.ts'

/** Any table of operations: role by operation, request and answer by codec. */
export type OperationTable = Readonly<
  Record<
    string,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a table holds operations of any message type
    { readonly roles: readonly Role[]; readonly request: Codec<any>; readonly answer: Codec<any> }
  >
>

export type RequestOf<T extends OperationTable, N extends keyof T> = TypeOf<T[N]['request']>
export type AnswerOf<T extends OperationTable, N extends keyof T> = TypeOf<T[N]['answer']>
