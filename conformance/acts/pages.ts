import { answered, holds } from '../expect.ts'
import { at, textsAt } from '../json.ts'
import type { How, Trial } from '../trial.ts'
import { post } from './post.ts'

const MOST_PAGES = 1000

/** One page of `credentials/list`. */
export interface Page {
  readonly ids: readonly string[]
  /** Undefined on the last page. */
  readonly next: string | undefined
}

export async function pageOf(trial: Trial, body: object, how: How = {}): Promise<Page> {
  const answer = answered(await post(trial, 'credentials/list', body, how))
  const next = at(answer, 'nextPageToken')
  holds(next === undefined || typeof next === 'string', 'nextPageToken is no text')
  return { ids: textsAt(answer, 'credentialIDs'), next }
}

/** All pages of this size, by following the tokens. Throws Refuted when they do not end. */
export async function allPages(trial: Trial, maxResults?: number): Promise<readonly Page[]> {
  const size = maxResults === undefined ? {} : { maxResults }
  const pages = [await pageOf(trial, size)]
  for (;;) {
    const pageToken = pages.at(-1)?.next
    if (pageToken === undefined) return pages
    holds(pages.length < MOST_PAGES, `there are more than ${MOST_PAGES} pages`)
    pages.push(await pageOf(trial, { ...size, pageToken }))
  }
}
