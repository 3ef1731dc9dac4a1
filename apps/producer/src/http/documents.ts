/**
 * `/openapi.json`, `/asyncapi.json` and `/docs`: what this API says about itself, without a key.
 *
 * Each is made at its first request, and its code is loaded only then: a producer starts as fast as without it.
 */
import { hash } from 'node:crypto'
import { Router, type RequestHandler } from 'express'
import { hasState } from './if-none-match.ts'
import { allowOnly } from './method-not-allowed.ts'

/** The page has a style sheet of ours, and nothing else may be loaded into it. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type Document = { readonly type: string; readonly make: () => Promise<string> }

const DOCUMENTS: Readonly<Record<string, Document>> = {
  '/openapi.json': {
    type: 'application/json',
    make: async () => JSON.stringify((await import('../contract/openapi.ts')).openApiDocument()),
  },
  '/asyncapi.json': {
    type: 'application/json',
    make: async () => JSON.stringify((await import('../contract/asyncapi.ts')).asyncApiDocument()),
  },
  '/docs': { type: 'html', make: async () => (await import('../contract/page/docs-page.ts')).docsPage() },
  '/docs/style.css': {
    type: 'css',
    make: async () => (await import('../contract/page/docs-page.ts')).docsStyle(),
  },
}

/** The routes of the documents. */
export function documentsRouter(): Router {
  const router = Router()
  for (const [path, document] of Object.entries(DOCUMENTS)) {
    router.route(path).get(sendDocument(document)).all(allowOnly('GET'))
  }
  return router
}

function sendDocument({ type, make }: Document): RequestHandler {
  let made: Promise<{ text: string; etag: string }> | undefined
  return async (request, response) => {
    made ??= make().then((text) => ({ text, etag: `"${hash('sha256', text, 'base64url').slice(0, 22)}"` }))
    const { text, etag } = await made
    response.set({ ETag: etag, 'Cache-Control': 'no-cache', 'Content-Security-Policy': PAGE_POLICY })
    if (hasState(request.get('if-none-match'), etag)) response.status(304).end()
    else response.type(type).send(text)
  }
}
