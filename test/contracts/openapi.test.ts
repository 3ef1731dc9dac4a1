/** The documents of the API: well formed by the judgement of others, complete, and readable as a page. */
import { customVerifier, defineSource } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OPERATIONS } from '../../apps/producer/src/contract/operations/index.ts'
import { readContract, schemaJudge, type Contract } from '../support/contract.ts'
import { asyncApiFaults, lint } from '../support/lint.ts'
import { applicationAt, routesOf } from '../support/routes.ts'
import { startSystem, type System } from '../support/system.ts'

type AsyncApi = {
  readonly channels: { readonly socket: { readonly address: string } }
  readonly components: {
    readonly schemas: object
    readonly messages: Readonly<
      Record<string, { readonly examples: readonly { readonly payload: unknown }[] }>
    >
  }
}

/** The document has one path for all of them. */
const ANY_SOURCE = defineSource({
  path: 'any',
  verify: customVerifier(() => true),
  toEvent: () => undefined,
})

let system: System
let contract: Contract
let asyncApi: AsyncApi

beforeAll(async () => {
  system = await startSystem({ withWorker: false, config: () => ({ targets: [], sources: [ANY_SOURCE] }) })
  contract = await readContract(system.url)
  asyncApi = (await (await fetch(`${system.url}/asyncapi.json`)).json()) as AsyncApi
})

afterAll(() => system.close())

test('the OpenAPI document has neither an error nor a warning by the recommended rules', async () => {
  expect(await lint(contract.document)).toEqual([])
})

test('the AsyncAPI document has neither an error nor a warning by the recommended rules', async () => {
  expect(await lint(asyncApi)).toEqual([])
  expect(asyncApiFaults(asyncApi)).toEqual([])
})

test('the linters do look: a document with a mistake is noticed', async () => {
  const { openapi, ...rest } = { openapi: '3.1.1', ...contract.document }
  const broken = { openapi, ...rest, servers: [] }
  expect((await lint(broken)).join('\n')).toContain('no-empty-servers')
  expect(asyncApiFaults({ ...asyncApi, channels: { one: { adress: '/' } } })).not.toEqual([])
})

test('the documents have exactly the routes of the application', async () => {
  const routes = routesOf(await applicationAt(system.url)).map((route) =>
    route.replace('/v1/sources/.*/', '/v1/sources/{}').replace(/:\w+/g, '{}'),
  )
  const documented = OPERATIONS.map(
    ({ method, path }) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '{}')}`,
  )
  expect([...new Set(routes)].sort()).toEqual(
    [...documented, `GET ${asyncApi.channels.socket.address}`].sort(),
  )
})

test('every example of an answer fits its schema, with no field besides', () => {
  const judge = schemaJudge(contract.document)
  for (const [path, methods] of Object.entries(contract.document.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      for (const [status, { content = {} }] of Object.entries(responses)) {
        for (const [type, { example, examples = {} }] of Object.entries(content)) {
          const place = ['paths', path, method, 'responses', status, 'content', type, 'schema']
          const values = [
            ...(example === undefined ? [] : [example]),
            ...Object.values(examples).map(({ value }) => value),
          ]
          expect(values.length, place.join(' ')).toBeGreaterThan(0)
          for (const value of values) expect(judge(place, value), place.join(' ')).toEqual([])
        }
      }
    }
  }
})

test('every example of a message fits its schema', () => {
  const judge = schemaJudge(asyncApi)
  for (const [name, { examples }] of Object.entries(asyncApi.components.messages)) {
    expect(examples.length, name).toBeGreaterThan(0)
    for (const { payload } of examples) {
      expect(judge(['components', 'messages', name, 'payload'], payload), name).toEqual([])
    }
  }
})

test('the page shows every operation, and its links lead somewhere', async () => {
  const page = await (await fetch(`${system.url}/docs`)).text()
  const anchors = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
  for (const { id } of OPERATIONS) expect(anchors).toContain(id)
  const links = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link = '']) => link)
  for (const link of new Set(links)) {
    if (link.startsWith('#')) expect(anchors).toContain(link.slice(1))
    else expect((await fetch(new URL(link, system.url))).status, link).toBe(200)
  }
})

test('the page loads nothing from elsewhere, runs no script, and says so to the browser', async () => {
  const response = await fetch(`${system.url}/docs`)
  const page = await response.text()
  expect(page).not.toMatch(/<script|<iframe|<img|\sstyle=|\son\w+=|(?:href|src)="(?:https?:)?\/\//)
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self';/)
})
