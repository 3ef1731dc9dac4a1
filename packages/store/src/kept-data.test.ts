/** What is kept of an event's data, of its targets' answers and of its attempts: as long, and as much, as somebody may need. */
import { describe, expect, test } from 'vitest'
import { accept, attemptAndSettle, attemptOf, bury, claim, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { readAttempts } from './attempts.ts'
import { cancelEvent } from './cancel.ts'
import { discardDelivery } from './discard.ts'
import { readPayload } from './event-record.ts'
import { keys } from './keys.ts'
import { reopenDelivery } from './reopen.ts'
import { readResponses, type CapturedResponse } from './responses.ts'
import { settleDelivery } from './settle.ts'

const store = useTestStore()
const DATA = { orderId: 'A1' }

describe("an event's data", () => {
  test('is kept while a delivery is open, and goes with the last one that is delivered', async () => {
    const eventId = await accept(store, { targets: ['crm', 'email'] })
    await attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })
    expect(await readPayload(store, eventId)).toEqual(DATA)
    await attemptAndSettle(store, refOf(eventId, 'email'), { kind: 'delivered' })
    expect(await readPayload(store, eventId)).toBeUndefined()
  })

  test('is kept for as long as there is a dead letter to replay, and goes when that is delivered', async () => {
    const eventId = await accept(store, { targets: ['crm', 'email'] })
    await bury(store, refOf(eventId))
    await attemptAndSettle(store, refOf(eventId, 'email'), { kind: 'delivered' })
    expect(await readPayload(store, eventId)).toEqual(DATA)
    await reopenDelivery(store, eventId, 'crm')
    expect(await readPayload(store, eventId)).toEqual(DATA)
    await attemptAndSettle(store, refOf(eventId, 'crm', 2), { kind: 'delivered' })
    expect(await readPayload(store, eventId)).toBeUndefined()
  })

  test('goes with the last dead letter that is discarded', async () => {
    const eventId = await accept(store, { targets: ['crm', 'email'] })
    await bury(store, refOf(eventId))
    await bury(store, refOf(eventId, 'email'))
    await discardDelivery(store, eventId, 'crm')
    expect(await readPayload(store, eventId)).toEqual(DATA)
    await discardDelivery(store, eventId, 'email')
    expect(await readPayload(store, eventId)).toBeUndefined()
  })

  test('goes when all is cancelled', async () => {
    const eventId = await accept(store, { targets: ['crm', 'email'] })
    await cancelEvent(store, eventId)
    expect(await readPayload(store, eventId)).toBeUndefined()
  })

  test('is not kept for an event that nobody wants', async () => {
    expect(await readPayload(store, await accept(store, { targets: [] }))).toBeUndefined()
  })
})

describe('what a target answered', () => {
  const answer = (body: string): CapturedResponse => ({ contentType: 'text/plain', body, truncated: false })

  test('is kept with the settlement that it led to, for each delivery of a call', async () => {
    const eventId = await accept(store, { targets: ['crm', 'email'] })
    for (const target of ['crm', 'email']) {
      const ref = refOf(eventId, target)
      await settleDelivery(store, {
        ref,
        fence: (await claim(store, ref)).fence,
        settlement: { kind: 'delivered' },
        attempt: attemptOf('delivered'),
        response: answer(`of ${target}\nin two lines`),
      })
    }
    expect(Object.fromEntries(await readResponses(store, eventId))).toEqual({
      crm: answer('of crm\nin two lines'),
      email: answer('of email\nin two lines'),
    })
  })

  test('that was superseded does not take the place of the one that counts', async () => {
    const ref = refOf(await accept(store))
    const { fence: late } = await claim(store, ref)
    const { fence } = await claim(store, ref)
    const delivered = {
      ref,
      fence,
      settlement: { kind: 'delivered' },
      attempt: attemptOf('delivered'),
    } as const
    await settleDelivery(store, { ...delivered, response: answer('taken') })
    const failed = {
      ref,
      fence: late,
      settlement: { kind: 'retry', delayMs: 10 },
      attempt: attemptOf('retryable'),
    } as const
    await settleDelivery(store, { ...failed, response: answer('refused') })
    expect((await readResponses(store, ref.eventId)).get('crm')).toEqual(answer('taken'))
  })

  test('of an event that is gone leaves nothing behind', async () => {
    const ref = refOf('evt_gone')
    const settlement = { kind: 'delivered' } as const
    await settleDelivery(store, { ref, fence: 1, settlement, attempt: undefined, response: answer('late') })
    expect(await store.redis.exists(keys.responses(ref.eventId))).toBe(0)
  })
})

test('of a delivery that is throttled without end the attempts of its latest thousand claims are kept, and all are counted', async () => {
  const ref = refOf(await accept(store))
  const attempts = 1_040
  for (let at = 0; at < attempts; at++) await attemptAndSettle(store, ref, { kind: 'defer', delayMs: 0 })
  const kept = await readAttempts(store, ref.eventId)
  expect(kept).toHaveLength(1_000)
  expect(Math.min(...kept.map(({ number }) => number))).toBe(41)
  expect(Math.max(...kept.map(({ number }) => number))).toBe(attempts)
})
