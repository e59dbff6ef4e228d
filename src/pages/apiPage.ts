import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Router, type Response } from 'express'

/** What the page shows, by file name below it. */
export interface ApiPageOptions {
  /** Name and path of each contract, in the order of the page's choice. */
  readonly contracts: readonly { readonly name: string; readonly path: string }[]
}

/** Everything from this origin, nothing inline: the page's script is a file like the library's. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui-standalone-preset.js': 'text/javascript; charset=utf-8',
}

/** `/api/`: both contracts of the CSC API, to read and to try, by swagger-ui from this service itself. */
export function createApiPage({ contracts }: ApiPageOptions): Router {
  const page = Router()
  page.use((request, response, next) => {
    response.set({
      'Content-Security-Policy': POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'X-Request-Id': randomUUID(),
      ...(request.secure ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
    })
    next()
  })
  page.get('/', (request, response) => {
    // Relative names need the slash.
    if (!request.originalUrl.split('?')[0]?.endsWith('/')) response.redirect(308, `${request.baseUrl}/`)
    else response.type('html').send(HTML)
  })
  page.get('/page.js', (_request, response) => {
    send(response, 'text/javascript; charset=utf-8', scriptFor(contracts))
  })
  for (const { path } of contracts) {
    const text = readFileSync(path)
    page.get(`/${fileName(path)}`, (_request, response) => {
      send(response, 'application/yaml', text)
    })
  }
  const library = createRequire(import.meta.url)
  for (const [name, type] of Object.entries(ASSETS)) {
    const file = library.resolve(`swagger-ui-dist/${name}`)
    page.get(`/${name}`, (_request, response) => {
      response.type(type).set('Cache-Control', 'public, max-age=86400').sendFile(file)
    })
  }
  return page
}

function send(response: Response, type: string, text: string | Buffer): void {
  response.set({ 'Content-Type': type, 'Cache-Control': 'no-cache' }).send(text)
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Chancery: the CSC API</title>
    <link rel="stylesheet" href="swagger-ui.css">
  </head>
  <body>
    <div id="api"><noscript>The contracts as files: <a href="csc-v1.yaml">version 1</a>, <a href="csc-v2.yaml">version 2</a>.</noscript></div>
    <script src="swagger-ui-bundle.js"></script>
    <script src="swagger-ui-standalone-preset.js"></script>
    <script src="page.js"></script>
  </body>
</html>
`

function scriptFor(contracts: ApiPageOptions['contracts']): string {
  const urls = JSON.stringify(contracts.map(({ name, path }) => ({ name, url: fileName(path) })))
  return `SwaggerUIBundle({
  urls: ${urls},
  dom_id: '#api',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: 'StandaloneLayout',
})
`
}
