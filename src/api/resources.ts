import type { Request, Response } from 'express'

/** Something that everybody may read, the same for all. */
export interface Resource {
  readonly contentType: string
  readonly body: string | Buffer
}

/** By path, with the slash before it. */
export type Resources = Readonly<Record<string, Resource>>

/** Seconds that others may keep a copy. */
const MAX_AGE = 3600

/** Answers with a resource. False where there is none of that path, or the verb asks for something else. */
export function serveResource(resources: Resources, request: Request, response: Response): boolean {
  const resource = Object.hasOwn(resources, request.path) ? resources[request.path] : undefined
  if (resource === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return false
  response.set({
    'Content-Type': resource.contentType,
    'Content-Length': String(Buffer.byteLength(resource.body)),
    'Cache-Control': `public, max-age=${MAX_AGE}`,
  })
  response.status(200).end(request.method === 'HEAD' ? undefined : resource.body)
  return true
}
