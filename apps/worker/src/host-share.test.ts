import { callbackEventId, CALLBACKS_TARGET, type DeliveryRef } from '@manifold/domain'
import type { Verdict } from '@manifold/queue'
import { expect, test } from 'vitest'
import { createHostShares } from './host-share.ts'

const FINISH: Verdict = { kind: 'finish' }
const TURNED_AWAY: Verdict = { kind: 'defer', delayMs: 1_500 }

let made = 0

function callbackTo(host: string): DeliveryRef {
  made++
  const eventId = callbackEventId(`evt_${String(made)}`, 1, `https://${host}/done`)
  return { eventId, target: CALLBACKS_TARGET, generation: 1 }
}

/** Deliveries that end when they are told to. */
function slowly(concurrency: number) {
  const ends: PromiseWithResolvers<Verdict>[] = []
  const shares = createHostShares(concurrency, () => 0.5)
  const deliver = (ref: DeliveryRef) =>
    shares(ref, () => {
      const end = Promise.withResolvers<Verdict>()
      ends.push(end)
      return end.promise
    })
  return { ends, deliver }
}

test('a host gets half of the slots, and what is beyond comes back later; another host has its own', async () => {
  const { ends, deliver } = slowly(4)
  const underWay = [deliver(callbackTo('slow.example')), deliver(callbackTo('slow.example'))]
  expect(await deliver(callbackTo('slow.example'))).toEqual(TURNED_AWAY)
  underWay.push(deliver(callbackTo('quick.example')))
  expect(ends).toHaveLength(3)
  for (const end of ends) end.resolve(FINISH)
  expect(await Promise.all(underWay)).toEqual([FINISH, FINISH, FINISH])
})

test('a slot is free again when its delivery has ended, however it ended', async () => {
  const { ends, deliver } = slowly(2)
  const lost = deliver(callbackTo('slow.example'))
  expect(await deliver(callbackTo('slow.example'))).toEqual(TURNED_AWAY)
  ends[0]?.reject(new Error('Redis is away'))
  await expect(lost).rejects.toThrow('Redis is away')
  const next = deliver(callbackTo('slow.example'))
  ends[1]?.resolve(FINISH)
  expect(await next).toEqual(FINISH)
})

test('with one slot in all, a host has it', async () => {
  const { ends, deliver } = slowly(1)
  const only = deliver(callbackTo('slow.example'))
  ends[0]?.resolve(FINISH)
  expect(await only).toEqual(FINISH)
})
