import { isEnabled, type Credential } from '../../domain/credential.ts'
import { Refusal } from '../../domain/errors.ts'
import { presencesOf } from '../../domain/presence.ts'
import { makePageToken, openPageToken } from '../../domain/pageToken.ts'
import type { Caller } from '../../domain/principal.ts'
import type { Deps } from '../deps.ts'

/** Credentials on one page, whatever a client asks for. */
export const MAX_PAGE = 50

export interface ListInput {
  readonly caller: Caller
  /** Must be absent: a token names its user (§11.4). */
  readonly userId: string | undefined
  readonly maxResults: number | undefined
  readonly pageToken: string | undefined
}

export interface CredentialPage {
  readonly credentialIds: readonly string[]
  readonly nextPageToken: string | undefined
}

/**
 * CSC API v1.0.4.0 §11.4: one page of ids. A credential that v1 has no words for is not there for v1: it takes no place on
 * a page, and none is told to follow that would have nothing on it. Throws Refusal `user_id_given`, `page_token_invalid`.
 */
export async function listPage(deps: Deps, input: ListInput): Promise<CredentialPage> {
  if (input.userId !== undefined) throw new Refusal('user_id_given')
  const { userId } = input.caller
  const now = deps.clock.now()
  const after =
    input.pageToken === undefined ? undefined : openPageToken(deps.pageTokenKey, userId, input.pageToken, now)
  if (input.pageToken !== undefined && after === undefined) throw new Refusal('page_token_invalid')
  const size = pageSize(input.maxResults)
  // One more than is shown: whether there is a next page.
  const ids = await describableIds(deps, input.caller, { after, atLeast: size + 1 })
  const credentialIds = ids.slice(0, size)
  const last = ids.length > size ? credentialIds.at(-1) : undefined
  return {
    credentialIds,
    nextPageToken:
      last === undefined ? undefined : makePageToken(deps.pageTokenKey, { userId, after: last }, now),
  }
}

/** Those that v1 can describe, in order; fewer than wanted only where there are no more. */
async function describableIds(
  deps: Pick<Deps, 'sam'>,
  caller: Caller,
  { after: first, atLeast }: { readonly after: string | undefined; readonly atLeast: number },
): Promise<readonly string[]> {
  const ids: string[] = []
  let after = first
  do {
    const page = await deps.sam.credentials(caller, { after, limit: atLeast })
    ids.push(...page.credentials.filter((one) => presencesOf(one) !== undefined).map(({ id }) => id))
    after = page.last
  } while (ids.length < atLeast && after !== undefined)
  return ids
}

function pageSize(maxResults: number | undefined): number {
  if (maxResults === undefined || maxResults < 1 || maxResults > MAX_PAGE) return MAX_PAGE
  return Math.floor(maxResults)
}

/** CSC API v2.0.0.2 §11.4: all credentials of the signer, or those that can sign now. Throws Refusal. */
export async function listAll(
  deps: Deps,
  input: { readonly caller: Caller; readonly userId: string | undefined; readonly onlyEnabled: boolean },
): Promise<readonly Credential[]> {
  if (input.userId !== undefined) throw new Refusal('user_id_given')
  const all: Credential[] = []
  let after: string | undefined
  do {
    const page = await deps.sam.credentials(input.caller, { after, limit: 99 })
    all.push(...page.credentials)
    after = page.last
  } while (after !== undefined)
  const now = deps.clock.now()
  return input.onlyEnabled ? all.filter((credential) => isEnabled(credential, now)) : all
}
