import assert from 'node:assert/strict'
import { listIn, memberOf } from '../../support/bodyOf.ts'
import { anotherCredential, buildService, call, makeAccount, type Service } from '../../support/service.ts'

describe('pages of credentials — CSC API v1.0.4.0 §11.4', function () {
  this.timeout(60_000)
  let service: Service
  before(async () => {
    service = await buildService()
  })
  after(() => service.dispose())

  it('are full but the last one, which has something on it, whatever v1 does not list in between', async () => {
    const person = await makeAccount(service, { policy: 'documents' })
    const shown: string[] = []
    for (const isShown of [true, false, true, false, true]) {
      const { credentialID } = await anotherCredential(
        service,
        person,
        isShown ? {} : { policy: 'documents' },
      )
      if (isShown) shown.push(credentialID)
    }
    for (const maxResults of [1, 2, 3]) {
      const pages: (readonly unknown[])[] = []
      let pageToken: unknown
      do {
        const { body } = await call(service, person, 'v1 credentials/list', { maxResults, pageToken })
        pages.push(listIn(body, 'credentialIDs'))
        pageToken = memberOf(body, 'nextPageToken')
      } while (pageToken !== undefined)
      assert.deepEqual(pages.flat(), shown.sort())
      const lengths = pages.map(({ length }) => length)
      assert.deepEqual(lengths, { 1: [1, 1, 1], 2: [2, 1], 3: [3] }[maxResults])
    }
  })

  it('of somebody whose credentials v1 cannot describe are one, and empty', async () => {
    const person = await makeAccount(service, { policy: 'documents' })
    const { body } = await call(service, person, 'v1 credentials/list', { maxResults: 1 })
    assert.deepEqual(body, { credentialIDs: [] })
  })

  it('are of the size that is asked for each time, whatever the page before had', async () => {
    const person = await makeAccount(service)
    const ids = [person.credentialID]
    for (let more = 0; more < 3; more += 1) ids.push((await anotherCredential(service, person)).credentialID)
    ids.sort()
    const first = await call(service, person, 'v1 credentials/list', { maxResults: 1 })
    assert.deepEqual(listIn(first.body, 'credentialIDs'), ids.slice(0, 1))
    const pageToken = memberOf(first.body, 'nextPageToken')
    const rest = await call(service, person, 'v1 credentials/list', { maxResults: 51, pageToken })
    assert.deepEqual(rest.body, { credentialIDs: ids.slice(1) })
  })
})
