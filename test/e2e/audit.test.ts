/**
 * The audit trail: whatever an operator does leaves a line, done or refused, at whatever level is logged. The operations are
 * those of the OpenAPI document.
 */
import { createLogger } from '@manifold/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { examplesOf, type Operation } from '../../apps/producer/src/contract/operation.ts'
import { OPERATIONS } from '../../apps/producer/src/contract/operations/index.ts'
import { auditReplay, auditTrail } from '../../apps/producer/src/http/audit.ts'
import { setContractStage, type ContractStage, type Request } from '../support/contract-stage.ts'
import { eventually } from '../support/eventually.ts'

let stage: ContractStage

beforeAll(async () => {
  stage = await setContractStage({ MANIFOLD_TRUST_PROXY: 'loopback', LOG_LEVEL: 'error' })
})

afterAll(() => stage.close())

const AUDITED = OPERATIONS.filter(({ id, scope }) => scope === 'admin' || id === 'cancelEvent')

/** Sends it, and gives its line. */
async function lineOf(
  operation: Operation,
  request: Request,
): Promise<{ status: number; line: Record<string, unknown> }> {
  const requestId = `audited-${String(Math.random())}`
  const { status } = await stage.send(operation, {
    ...request,
    headers: { ...request.headers, 'x-request-id': requestId },
  })
  const isMine = (line: Record<string, unknown>) => line['audit'] === true && line['requestId'] === requestId
  const line = await eventually(`the line of ${operation.id}`, () => stage.system.logs().find(isMine))
  expect(stage.system.logs().filter(isMine)).toHaveLength(1)
  return { status, line }
}

async function goodRequest(operation: Operation): Promise<Request> {
  const { body, query } = examplesOf(operation)[0] ?? {}
  const path = await stage.pathOf(operation, operation.id === 'cancelEvent' ? 'open' : undefined)
  return { path, ...(query === undefined ? {} : { query }), ...(body === undefined ? {} : { body }) }
}

test.each(AUDITED.map((operation) => ({ title: operation.id, operation })))(
  '$title: done or refused, there is a line with who, what, and from where',
  async ({ operation }) => {
    const request = await goodRequest(operation)
    const filled = operation.path.replace(/\{(\w+)\}/g, (_whole, name: string) => request.path[name] ?? '')
    const action = `${operation.method.toUpperCase()} ${filled}`

    const refused = await lineOf(operation, { ...request, headers: stage.withoutScope(operation.scope) })
    expect(refused.line).toMatchObject({ action, outcome: 'refused', problem: 'missing-scope' })
    expect(refused.line['caller']).toMatch(/^(reader|publisher)$/)

    const unknown = await lineOf(operation, { ...request, headers: { authorization: 'Bearer nobody' } })
    expect(unknown.line).toMatchObject({ action, caller: 'unknown', outcome: 'refused', status: 401 })

    const from = { 'x-forwarded-for': '203.0.113.7', authorization: `Bearer ${stage.key}` }
    const done = await lineOf(operation, { ...request, headers: from })
    expect(done.status).toBeLessThan(300)
    expect(done.line).toMatchObject({ action, caller: 'all', ip: '203.0.113.7', outcome: 'done' })
    expect(done.line['msg']).toBe(`audit: ${action} by all: done`)
  },
)

const operation = (id: string): Operation => {
  const found = OPERATIONS.find((one) => one.id === id)
  if (found === undefined) throw new Error(`there is no operation ${id}`)
  return found
}

test('a replay by filter is noted with its filter, and its end with what came of it', async () => {
  const filter = { target: 'billing', type: 'order.never' }
  const { line } = await lineOf(operation('replayByFilter'), {
    path: {},
    body: { type: 'application/json', value: filter },
  })
  expect(line['details']).toMatchObject({ filter })
  const { replayId } = line['details'] as { replayId: string }
  const end = await eventually('its end', () =>
    stage.system.logs().find((one) => one['replayId'] === replayId && one['audit'] === true),
  )
  expect(end).toMatchObject({ caller: 'all', matched: 0, replayed: 0, failed: 0 })
})

test('what is looked for is noted, and nothing of what was found', async () => {
  const { line } = await lineOf(operation('listDeadLetters'), { path: {}, query: { target: 'billing' } })
  expect(line['query']).toEqual({ target: 'billing' })
  expect(JSON.stringify(line)).not.toContain('orderId')
})

test.each(AUDITED.map((operation) => ({ title: operation.id, operation })))(
  '$title: of the query, the documented parameters are noted, and a key that was put there is not',
  async ({ operation }) => {
    const request = await goodRequest(operation)
    const documented = Object.fromEntries(
      Object.keys(operation.query?.shape ?? {}).map((name) => [name, '7']),
    )
    const { line } = await lineOf(operation, {
      ...request,
      query: { ...documented, access_token: 'k3y-8842', 'k3y-8842': '' },
      headers: { authorization: 'Bearer nobody' },
    })
    expect(line['query'] ?? {}).toEqual(documented)
    expect(JSON.stringify(stage.system.logs())).not.toContain('k3y-8842')
  },
)

test('an admin path that there is not leaves a line, too', async () => {
  const response = await fetch(`${stage.system.url}/v1/admin/nonsense`, {
    method: 'POST',
    headers: { 'x-request-id': 'nonsense', ...stage.authorized },
  })
  expect(response.status).toBe(404)
  await eventually('the line', () =>
    stage.system.logs().find((line) => line['audit'] === true && line['requestId'] === 'nonsense'),
  )
})

test('a replay of which nobody can say whether it was begun is noted with its filter', async () => {
  await stage.system.redis.kill()
  const filter = { target: 'billing', reason: 'rejected' }
  const { status, line } = await lineOf(operation('replayByFilter'), {
    path: {},
    body: { type: 'application/json', value: filter },
  })
  expect(status).toBe(503)
  expect(line).toMatchObject({ outcome: 'failed', details: { filter } })
  await stage.system.redis.start()
})

test.each([
  ['warn', 1],
  ['fatal', 1],
  ['silent', 0],
])('where the log is %s, of a trail with one line there are %i', (level, count) => {
  const lines: string[] = []
  const logger = createLogger('test', level, { write: (line) => lines.push(line) })
  auditReplay(auditTrail(logger))({ id: 'rpl_1', filter: {}, matched: 0, replayed: 0, failed: 0 })
  expect(lines).toHaveLength(count)
})
