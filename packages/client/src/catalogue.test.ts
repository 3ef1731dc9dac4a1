/** What may be published follows the catalogue; all of it is checked by tsc, nothing of it when a program runs. */
import { defineEvents } from '@manifold/config'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { DataByType } from './catalogue.ts'
import { createClient, type Client } from './client.ts'
import type { Published, PublishedAndWaited } from './publish.ts'
import type { SettledEvent, EventView, SettledResult } from './views.ts'

const events = defineEvents({
  'order.placed': z.object({ orderId: z.string(), total: z.number().default(0) }),
  'order.shipped': z.object({ at: z.string().transform((text) => new Date(text)) }),
})

test('data is what goes into a schema, before defaults and transforms', () => {
  expectTypeOf<DataByType<typeof events>>().toEqualTypeOf<{
    readonly 'order.placed': { orderId: string; total?: number | undefined }
    readonly 'order.shipped': { at: string }
  }>()
})

test('a catalogue is given as it is, as its schemas, or as plain types', () => {
  expectTypeOf<DataByType<typeof events.schemas>>().toEqualTypeOf<DataByType<typeof events>>()
  expectTypeOf<DataByType<{ 'order.placed': { orderId: string } }>>().toEqualTypeOf<{
    readonly 'order.placed': { orderId: string }
  }>()
})

test('nothing of the catalogue is there when a program runs', () => {
  expect(JSON.stringify(createClient<typeof events>({ url: 'http://127.0.0.1:1' }))).not.toContain('order')
  expect(Object.keys(events.schemas)).toHaveLength(2)
})

test('a type that is not in the catalogue, or data that does not fit, is a type error', () => {
  const check = async (client: ReturnType<typeof createClient<typeof events>>) => {
    await client.publish({ type: 'order.placed', data: { orderId: 'o-1' }, targets: ['crm'], delayMs: 5 })
    // @ts-expect-error the type is misspelt
    await client.publish({ type: 'order.plaecd', data: { orderId: 'o-1' } })
    // @ts-expect-error the data of another type
    await client.publish({ type: 'order.shipped', data: { orderId: 'o-1' } })
    // @ts-expect-error orderId is a string
    await client.publish({ type: 'order.placed', data: { orderId: 1 } })
    // @ts-expect-error data is missing
    await client.publish({ type: 'order.placed' })
    // @ts-expect-error there is no such field
    await client.publish({ type: 'order.placed', data: { orderId: 'o-1' }, subjct: 'x' })
    await client.publishBatch([{ type: 'order.shipped', data: { at: '2026-01-31' } }])
    // @ts-expect-error in a batch as well
    await client.publishBatch([{ type: 'order.shipped', data: { at: 1 } }])
  }
  expectTypeOf(check).toBeFunction()
})

test('without a catalogue any type and any data may be published', () => {
  const check = async (client: Client) => {
    await client.publish({ type: 'anything', data: null })
    // @ts-expect-error but there must be data
    await client.publish({ type: 'anything' })
  }
  expectTypeOf(check).toBeFunction()
})

test('a wait tells settled from pending by type', () => {
  const check = async (client: ReturnType<typeof createClient<typeof events>>) => {
    const event = { type: 'order.placed', data: { orderId: 'o-1' } } as const
    expectTypeOf(await client.publish(event)).toEqualTypeOf<Published>()
    const answer = await client.publish(event, { waitSeconds: 5 })
    expectTypeOf(answer).toEqualTypeOf<PublishedAndWaited>()
    if (answer.settled) expectTypeOf(answer.result).toEqualTypeOf<SettledResult>()
    else expectTypeOf(answer.event).toEqualTypeOf<Published>()

    expectTypeOf(await client.waitFor('evt_1')).toEqualTypeOf<SettledEvent>()
    expectTypeOf(await client.waitFor('evt_1', { timeoutMs: 5 })).toEqualTypeOf<EventView>()
  }
  expectTypeOf(check).toBeFunction()
})
