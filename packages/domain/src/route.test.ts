import { expect, test, vi } from 'vitest'
import type { ManifoldEvent } from './event.ts'
import { compileRouter, type Routable } from './route.ts'

const event: ManifoldEvent<{ total: number }> = {
  id: 'evt_1',
  type: 'order.placed',
  source: 'shop',
  subject: undefined,
  time: '2026-01-31T09:30:00Z',
  data: { total: 5 },
}

const target = (name: string, subscribe: string[], filter?: Routable['filter']): Routable => ({
  name,
  subscribe,
  filter,
})

const broken = () => {
  throw new Error('a filter with a bug')
}

test('an event goes to every target that subscribes to its type, in the order of the config', () => {
  const route = compileRouter([
    target('crm', ['order.*']),
    target('audit', ['**']),
    target('email', ['customer.**']),
    target('billing', ['order.placed']),
  ])
  expect(route(event, undefined)).toEqual({
    kind: 'routed',
    targets: ['crm', 'audit', 'billing'],
    brokenFilters: [],
  })
})

test('a target whose patterns match more than once gets the event once', () => {
  const route = compileRouter([target('crm', ['order.*', '**', 'order.placed'])])
  expect(route(event, undefined)).toMatchObject({ targets: ['crm'] })
})

test('one matching pattern of several is enough', () => {
  const route = compileRouter([target('crm', ['customer.*', 'order.*'])])
  expect(route(event, undefined)).toMatchObject({ targets: ['crm'] })
})

test('a target without subscriptions is reached only by name', () => {
  const route = compileRouter([target('crm', [])])
  expect(route(event, undefined)).toMatchObject({ targets: [] })
  expect(route(event, ['crm'])).toMatchObject({ targets: ['crm'] })
})

test('an event that no target wants is routed to none', () => {
  const route = compileRouter([target('email', ['customer.**'])])
  expect(route(event, undefined)).toEqual({ kind: 'routed', targets: [], brokenFilters: [] })
})

test('a filter that says no keeps the event from its target and from no other', () => {
  const route = compileRouter([target('crm', ['**'], () => false), target('audit', ['**'], () => true)])
  expect(route(event, undefined)).toEqual({ kind: 'routed', targets: ['audit'], brokenFilters: [] })
})

test('a filter sees the event', () => {
  const filter = vi.fn(() => true)
  compileRouter([target('crm', ['**'], filter)])(event, undefined)
  expect(filter).toHaveBeenCalledExactlyOnceWith(event)
})

test('a filter is not asked about a type that its target does not subscribe to', () => {
  const filter = vi.fn(() => true)
  const route = compileRouter([target('email', ['customer.*'], filter)])
  expect(route(event, undefined)).toMatchObject({ targets: [] })
  expect(filter).not.toHaveBeenCalled()
})

test('a filter that throws counts as a match, is named, and disturbs no other target', () => {
  const route = compileRouter([target('crm', ['**'], broken), target('audit', ['**'])])
  expect(route(event, undefined)).toEqual({
    kind: 'routed',
    targets: ['crm', 'audit'],
    brokenFilters: ['crm'],
  })
})

test('targets named by the caller are taken whatever they subscribe to and whatever their filters say', () => {
  const route = compileRouter([
    target('crm', ['customer.*']),
    target('audit', ['**'], () => false),
    target('email', ['**'], broken),
    target('billing', ['**']),
  ])
  expect(route(event, ['audit', 'email', 'crm'])).toEqual({
    kind: 'routed',
    targets: ['audit', 'email', 'crm'],
    brokenFilters: [],
  })
})

test('a target named twice gets the event once', () => {
  const route = compileRouter([target('crm', []), target('email', [])])
  expect(route(event, ['crm', 'email', 'crm'])).toMatchObject({ targets: ['crm', 'email'] })
})

test('one unknown name refuses the whole event, and every unknown name is told', () => {
  const route = compileRouter([target('crm', ['**'])])
  expect(route(event, ['crm', 'cmr'])).toEqual({ kind: 'unknown-targets', names: ['cmr'] })
  expect(route(event, ['crm', 'cmr', 'toString'])).toEqual({
    kind: 'unknown-targets',
    names: ['cmr', 'toString'],
  })
})

test('1,000 targets with patterns of every kind: a type never seen is routed in under a millisecond', () => {
  const patterns = ['order.*', 'order.**', '**.placed', 'customer.*.changed', 'order.placed']
  const targets = Array.from({ length: 1_000 }, (_, n) => ({
    name: `t${String(n)}`,
    subscribe: [patterns[n % patterns.length] ?? '**'],
    filter: n % 2 === 0 ? () => true : undefined,
  }))
  const route = compileRouter(targets)
  const times = Array.from({ length: 200 }, (_, n) => {
    const type = `order.n${String(n)}`
    const event = { id: 'e', type, source: 's', subject: undefined, time: '', data: {} }
    const startedAt = performance.now()
    expect(route(event, undefined)).toMatchObject({ kind: 'routed' })
    return performance.now() - startedAt
  }).sort((a, b) => a - b)
  // Of the quicker ones: what else the machine does must not fail this.
  expect(times[50]).toBeLessThan(1)
})

test('types that come again are routed as the first time, however many there are', () => {
  const router = compileRouter([
    { name: 'even', subscribe: ['order.*'], filter: ({ data }) => Number(data) % 2 === 0 },
    { name: 'all', subscribe: ['**'], filter: undefined },
  ])
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 1_500; number++) {
      const event = { id: 'evt_1', source: 'shop', subject: undefined, time: '2026-01-31T09:30:00Z' }
      const routing = router({ ...event, type: `order.n${String(number)}`, data: number + round }, undefined)
      const targets = (number + round) % 2 === 0 ? ['even', 'all'] : ['all']
      expect(routing).toEqual({ kind: 'routed', targets, brokenFilters: [] })
    }
  }
})
