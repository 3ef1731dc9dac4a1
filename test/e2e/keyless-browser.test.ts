/** What a page of another origin can do to a producer without keys, in a real browser: nothing. What its own page can: all it needs. */
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findChromium } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System
let elsewhere: System
let browser: Browser

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
  })
  elsewhere = await startSystem({ withWorker: false, config: () => ({ targets: [] }) })
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('there is no Chromium here')
  // As root, which CI often is, Chromium runs only without its sandbox.
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}, 120_000)

afterAll(async () => {
  await browser.close()
  await elsewhere.close()
  await system.close()
})

/** What was answered to requests for a path since `from`. */
const answers = (path: string, from: number) =>
  system
    .logs()
    .slice(from)
    .filter((line) => line['path'] === path)
    .map((line) => line['problem'] ?? line['status'])

async function pageAt(url: string): Promise<Page> {
  const page = await browser.newPage({ bypassCSP: true })
  await page.goto(url)
  return page
}

/** Of another origin, or of another site: ports are no part of a site. */
test.each([
  ['of another port', () => `${elsewhere.url}/livez`],
  ['of another name', () => `${elsewhere.url.replace('127.0.0.1', 'localhost')}/livez`],
])('a page %s neither pauses a target nor reads anything', async (_what, url) => {
  const page = await pageAt(url())
  const path = '/v1/admin/targets/crm/pause'
  const from = system.logs().length
  // The browser keeps the answer to itself; what counts is what was asked for.
  await page.evaluate(
    `fetch('${system.url}${path}', { method: 'POST', mode: 'no-cors' }).catch(() => undefined)`,
  )
  await page.evaluate(`
    document.body.innerHTML = '<iframe name="sink"></iframe><form method="post" target="sink" action="${system.url}${path}"></form>'
    document.forms[0].submit()`)
  await page.evaluate(`document.body.append(Object.assign(new Image(), { src: '${system.url}/v1/events' }))`)
  await eventually('the form', () => answers(path, from).length === 2)
  await eventually('the image', () => answers('/v1/events', from).length === 1)
  expect([...answers(path, from), ...answers('/v1/events', from)]).toEqual(
    Array.from({ length: 3 }, () => 'origin-not-allowed'),
  )
  const target = await system.api.call<{ paused: boolean }>('GET', '/v1/admin/targets/crm')
  expect(target.body.paused).toBe(false)
  await page.close()
})

test('the page of the documents opens by a link from elsewhere, with its style, and may ask from where it is', async () => {
  const page = await pageAt(`${elsewhere.url}/livez`)
  const from = system.logs().length
  await page.evaluate(`
    document.body.innerHTML = '<a href="${system.url}/docs">docs</a>'
    document.querySelector('a').click()`)
  await page.waitForURL(`${system.url}/docs`)
  await eventually('its style', () => answers('/docs/style.css', from)[0] === 200)
  const status = await page.evaluate<number>(`
    fetch('/v1/events', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"type":"order.placed","data":1}',
    }).then((response) => response.status)`)
  expect(status).toBe(202)
  await page.close()
})
