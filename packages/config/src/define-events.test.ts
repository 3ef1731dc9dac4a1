import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineConfig } from './define-config.ts'
import { defineEvents } from './define-events.ts'
import { resolveConfig } from './load-config.ts'

const placed = z.object({ orderId: z.string(), total: z.number() })
const cancelled = z.object({ orderId: z.string(), reason: z.string() })
const registered = z.object({ email: z.string() })

const { schemas, defineTarget } = defineEvents({
  'order.placed': placed,
  'order.item.cancelled': cancelled,
  'user.registered': registered,
})

const crm = { name: 'crm', url: 'https://crm.example/' }

/** Says nothing when it runs: the compiler is the judge of what it is given. */
const is = <T>(value: T): T => value

test('a catalogue keeps its schemas', () => {
  expect(schemas).toEqual({
    'order.placed': placed,
    'order.item.cancelled': cancelled,
    'user.registered': registered,
  })
})

test('a target of the catalogue is the definition itself', () => {
  const definition = { ...crm, subscribe: ['order.*'] as const }
  expect(defineTarget(definition)).toBe(definition)
})

test('a catalogue stands for its schemas in a config', () => {
  const target = defineTarget({ ...crm, subscribe: ['order.placed'] })
  const definition = defineConfig({ events: { schemas, defineTarget }, targets: [target] })
  const config = resolveConfig('any', definition)
  expect([...config.events]).toEqual(Object.entries(schemas))
  expect(config.targets.map((one) => one.name)).toEqual(['crm'])
})

describe('what a target subscribes to decides the data its functions are given', () => {
  test('a type by its name', () => {
    defineTarget({
      ...crm,
      subscribe: ['order.placed'],
      filter: (event) => is<number>(event.data.total) > 0,
      // @ts-expect-error no field of this event's data
      headers: (event) => ({ 'x-email': String(event.data.email) }),
      body: (event) => {
        is<'order.placed'>(event.type)
        // @ts-expect-error the total is a number
        is<string>(event.data.total)
        return { id: is<string>(event.data.orderId), at: is<string>(event.time) }
      },
    })
  })

  test('* takes one segment', () => {
    defineTarget({
      ...crm,
      subscribe: ['order.*'],
      url: (event) => {
        is<'order.placed'>(event.type)
        // @ts-expect-error order.item.cancelled has two segments behind "order"
        String(event.data.reason)
        return `https://crm.example/${event.data.orderId}`
      },
    })
  })

  test('** takes any number of segments, and the type tells them apart', () => {
    defineTarget({
      ...crm,
      subscribe: ['order.**'],
      body: (event) => {
        is<'order.placed' | 'order.item.cancelled'>(event.type)
        is<string>(event.data.orderId)
        // @ts-expect-error only one of the two has a total
        String(event.data.total)
        return event.type === 'order.placed' ? is<number>(event.data.total) : is<string>(event.data.reason)
      },
    })
  })

  test('** alone takes every event of the catalogue', () => {
    defineTarget({
      ...crm,
      subscribe: ['**'],
      filter: (event) => is<keyof typeof schemas>(event.type) === 'user.registered',
    })
  })

  test('** in front takes the end of a type, and * in the middle one segment', () => {
    defineTarget({
      ...crm,
      subscribe: ['**.cancelled'],
      filter: (event) => is<'order.item.cancelled'>(event.type).length > 0,
    })
    defineTarget({
      ...crm,
      subscribe: ['order.*.cancelled'],
      filter: (event) => is<'order.item.cancelled'>(event.type).length > 0,
    })
  })

  test('several patterns take what any of them takes', () => {
    defineTarget({
      ...crm,
      subscribe: ['order.placed', 'user.*'],
      filter: (event) => {
        is<'order.placed' | 'user.registered'>(event.type)
        // @ts-expect-error only a registration has an address
        String(event.data.email)
        return event.type !== 'user.registered' || is<string>(event.data.email) !== ''
      },
    })
  })

  test('the handler of a function target is given the same', () => {
    defineTarget({
      name: 'mail',
      subscribe: ['user.registered'],
      handle: async (event, { fetch, attempt }) => {
        // @ts-expect-error no field of this event's data
        String(event.data.orderId)
        await fetch(`https://mail.example/${event.data.email}?attempt=${String(attempt)}`)
      },
    })
  })
})

test('what is no target of any kind is a type error', () => {
  // @ts-expect-error neither url nor handle
  defineTarget({ name: 'crm', subscribe: ['order.placed'] })
  // @ts-expect-error a number is no method
  defineTarget({ ...crm, subscribe: ['order.placed'], method: 5 })
  // @ts-expect-error a schema is a zod schema
  defineEvents({ 'order.placed': { orderId: 'string' } })
  expect(Object.keys(schemas)).toHaveLength(3)
})
