/** The client's own words are the API's, and it needs nothing that a browser does not have. */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type * as client from '@manifold/client'
import type * as domain from '@manifold/domain'
import { expect, expectTypeOf, test } from 'vitest'
import type * as views from '../../apps/producer/src/http/views.ts'

const source = fileURLToPath(new URL('../../packages/client/src/', import.meta.url))

test('every status, reason and outcome of the API is one the client knows, and no other', () => {
  expectTypeOf<client.EventStatus>().toEqualTypeOf<domain.EventStatus>()
  expectTypeOf<client.DeliveryStatus>().toEqualTypeOf<domain.DeliveryStatus>()
  expectTypeOf<client.DeadReason>().toEqualTypeOf<domain.DeadReason>()
  expectTypeOf<client.OutcomeKind>().toEqualTypeOf<domain.OutcomeKind>()
})

test('every field the client takes for an event is one the API takes, and no other', () => {
  type Sent = keyof client.EventToPublish<client.AnyEvents>
  expectTypeOf<Sent>().toEqualTypeOf<keyof domain.EventInput>()
})

test('what the producer shows has all that the client promises', () => {
  expectTypeOf<ReturnType<typeof views.eventView>>().toExtend<client.EventView>()
  expectTypeOf<ReturnType<typeof views.resultView>>().toExtend<client.EventResult>()
  expectTypeOf<ReturnType<typeof views.acceptedStillView>>().toExtend<client.AcceptedEvent>()
  expectTypeOf<keyof ReturnType<typeof views.acceptedView>>().toEqualTypeOf<keyof client.AcceptedEvent>()
  expectTypeOf<ReturnType<typeof views.attemptView>>().toExtend<client.Attempt>()
  expectTypeOf<ReturnType<typeof views.replayView>>().toExtend<client.ReplayProgress>()
  expectTypeOf<Omit<ReturnType<typeof views.deadLetterView>, 'reason'>>().toExtend<
    Omit<client.DeadLetter, 'reason'>
  >()
})

test('the client imports only itself', () => {
  const imported = readdirSync(source)
    .filter((name) => !name.endsWith('.test.ts'))
    .flatMap((name) => [...readFileSync(source + name, 'utf8').matchAll(/from '([^']+)'/g)])
    .map((match) => match[1] ?? '')
  expect(imported.length).toBeGreaterThan(20)
  expect(imported.filter((from) => !from.startsWith('./'))).toEqual([])
})
