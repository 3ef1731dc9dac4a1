/**
 * A page in headless Chromium, on a server that gives it the client as ES modules and passes all else on to a
 * Manifold: to the browser the two are one origin.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { findChromium } from './chromium.ts'
import { serve } from './scripted-server.ts'

const CLIENT = fileURLToPath(new URL('../../packages/client/src/', import.meta.url))

const HTML = `<!doctype html><title>client</title><script type="module">
import * as manifold from '/client/index.ts'
globalThis.manifold = manifold
</script>`

/** Offline, and nothing that looks for the network by itself. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Opens a page that has the client as `globalThis.manifold`, and Manifold at its own origin. */
export async function openPage(manifoldUrl: string): Promise<Page> {
  const executablePath = findChromium()
  if (executablePath === undefined)
    throw new Error('There is no Chromium here: apt-get install chromium-headless-shell')
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS })
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  await page.goto(await servePage(manifoldUrl))
  await page.waitForFunction('globalThis.manifold !== undefined')
  return page
}

function servePage(manifoldUrl: string): Promise<string> {
  return serve(async (incoming, response) => {
    const { url = '/' } = incoming
    const file = /^\/client\/([a-z-]+\.ts)$/.exec(url)?.[1]
    if (file !== undefined) {
      const source = stripTypeScriptTypes(readFileSync(CLIENT + file, 'utf8'))
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(source)
    } else if (url === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(HTML)
    else await passOn(manifoldUrl, incoming, response)
  })
}

async function passOn(
  manifoldUrl: string,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, headers, url = '/' } = incoming
  const onward = request(new URL(url, manifoldUrl), { method, headers })
  response.on('close', () => onward.destroy())
  try {
    incoming.pipe(onward)
    const [answer] = (await once(onward, 'response')) as [IncomingMessage]
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    response.flushHeaders()
    await pipeline(answer, response)
  } catch {
    // Either side went away; the other is told so by its closed connection.
    response.destroy()
  }
}
