import { resolveConfig } from '@manifold/config'
import type { Auth, ManifoldEvent, OutgoingRequest, Target } from '@manifold/domain'
import { expect, test } from 'vitest'
import { clientWith, deadlineOf, serve, SHORT_MS } from '../../../test/support/scripted-server.ts'
import type { AttemptDeps, AttemptObserver } from './attempt-http.ts'
import { attemptTarget, wasInterrupted } from './attempt-target.ts'
import type { Sent } from './send.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'

const event: ManifoldEvent = {
  id: 'evt_1',
  type: 'order.placed',
  source: 'shop',
  subject: undefined,
  time: '2026-01-31T09:30:00Z',
  data: { orderId: '17' },
}

/** Proves itself with a new token each time it is asked, until `give` has no more. */
function tokens(...give: string[]): Auth {
  return {
    kind: 'test',
    secrets: [],
    renewable: true,
    authenticate: (request) => {
      const token = give.shift()
      if (token === undefined) throw new Error('the token service is down')
      return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }
    },
  }
}

function targetAt(url: string, auth?: Auth): Target {
  const [target] = resolveConfig('test', { targets: [{ name: 'crm', url }] }).targets
  if (target?.kind !== 'http') throw new Error('one target was configured')
  return auth === undefined ? target : { ...target, auth }
}

function targetOf(handle: () => unknown): Target {
  const [target] = resolveConfig('test', { targets: [{ name: 'crm', handle }] }).targets
  if (target === undefined) throw new Error('one target was configured')
  return target
}

let spans = 0
const deps = (): AttemptDeps => ({
  client: clientWith(),
  userAgent: 'test',
  now: Date.now,
  judgeNow: Date.now,
  randomHex: (bytes) => String(++spans).padStart(bytes * 2, '0'),
  handlerLogger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  onSending: () => undefined,
  onSent: () => undefined,
})

const nobody: AttemptObserver = { spanId: undefined, startCall: () => ({ end: () => undefined }) }

const attempt = (target: Target, deadline = deadlineOf(), observer = nobody) =>
  attemptTarget(
    deps(),
    target,
    { eventId: 'evt_1', target: 'crm' },
    { event, trace: { traceId: TRACE_ID, flags: '01' }, attempts: 0 },
    deadline,
    observer,
  )

test('behind a 401 a token is renewed once, and each of the two requests is watched under a span of its own', async () => {
  const seen: (string | undefined)[] = []
  const url = await serve((request, response) => {
    seen.push(request.headers['authorization'])
    response.writeHead(request.headers['authorization'] === 'Bearer new' ? 200 : 401).end()
  })
  const started: OutgoingRequest[] = []
  const ended: Sent[] = []
  const observer: AttemptObserver = {
    spanId: undefined,
    startCall: (request) => {
      started.push(request)
      return { end: (sent) => ended.push(sent) }
    },
  }
  const attempted = await attempt(targetAt(url, tokens('old', 'new')), deadlineOf(), observer)
  expect(attempted).toMatchObject({ outcome: { kind: 'delivered' }, response: { status: 200 } })
  expect(attempted.lastCall?.request).toBe(started[1])
  expect(seen).toEqual(['Bearer old', 'Bearer new'])
  expect(ended).toMatchObject([{ response: { status: 401 } }, { response: { status: 200 } }])
  const traces = started.map(({ headers }) => headers['traceparent'])
  for (const trace of traces) expect(trace).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`))
  expect(traces[0]).not.toBe(traces[1])
})

test('a token that cannot be renewed decides nothing, and tells of the request that was refused', async () => {
  const url = await serve((_request, response) => response.writeHead(401).end('expired'))
  expect(await attempt(targetAt(url, tokens('old')))).toMatchObject({
    outcome: { kind: 'retryable', reason: 'authentication-failed' },
    error: 'the token service is down',
    response: undefined,
    lastCall: {
      request: { headers: { authorization: 'Bearer old' } },
      sent: { kind: 'answered', response: { status: 401, text: 'expired' } },
    },
  })
})

test('a second 401 is the answer', async () => {
  const url = await serve((_request, response) => response.writeHead(401).end())
  expect(await attempt(targetAt(url, tokens('old', 'new', 'newer')))).toMatchObject({
    response: { status: 401 },
    lastCall: { request: { headers: { authorization: 'Bearer new' } } },
  })
})

test('authentication that heeds no deadline ends with it all the same', async () => {
  const never: Auth = { kind: 'test', secrets: [], authenticate: () => new Promise(() => undefined) }
  const attempted = await attempt(targetAt('http://127.0.0.1:9', never), deadlineOf(SHORT_MS))
  expect(attempted).toMatchObject({
    outcome: { kind: 'retryable', reason: 'authentication-failed' },
    error: `not done within ${String(SHORT_MS)} ms`,
    lastCall: undefined,
  })
})

test('what its process stops before an answer was interrupted; what the deadline ends, or an answer decides, was not', async () => {
  const stopping = new AbortController()
  const hanging = await serve(() => {
    stopping.abort()
  })
  const stopped = deadlineOf(undefined, stopping.signal)
  expect(wasInterrupted(await attempt(targetAt(hanging), stopped), stopped)).toBe(true)
  expect(
    wasInterrupted(
      await attempt(
        targetOf(() => new Promise(() => undefined)),
        stopped,
      ),
      stopped,
    ),
  ).toBe(true)
  const late = deadlineOf(SHORT_MS)
  expect(wasInterrupted(await attempt(targetAt(await serve(() => undefined)), late), late)).toBe(false)

  const refusing = await serve((_request, response) => response.writeHead(400).end())
  const ending = new AbortController()
  const answered = deadlineOf(undefined, ending.signal)
  const attempted = await attempt(targetAt(refusing), answered)
  ending.abort()
  expect(attempted.outcome.kind).toBe('permanent')
  expect(wasInterrupted(attempted, answered)).toBe(false)
})
