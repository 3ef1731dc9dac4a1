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

test('what waits for a slow host asks about when its turn comes: thousands do not all ask every second', async () => {
  let nowMs = 0
  const shares = createHostShares(
    4,
    () => 0.5,
    () => nowMs,
  )
  const end = Promise.withResolvers<Verdict>()
  const ask = async () => {
    const verdict = await shares(callbackTo('slow.example'), () => end.promise)
    return verdict.kind === 'defer' ? verdict.delayMs : 0
  }
  const underWay = [ask(), ask()]
  expect(await ask()).toBe(1_500)
  nowMs = 10_000
  // Two at a time, ten seconds each: the tenth has its turn in about fifty, and nobody is away for longer than a minute.
  const delays = []
  for (let count = 0; count < 1_000; count++) delays.push(await ask())
  expect(delays[0]).toBeLessThan(6_000)
  expect(delays[9]).toBeGreaterThan(30_000)
  expect(Math.max(...delays)).toBeLessThanOrEqual(60_000)
  end.resolve(FINISH)
  await Promise.all(underWay)
})
