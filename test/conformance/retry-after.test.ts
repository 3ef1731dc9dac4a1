/** When the next attempt is: as the target asks, as the list says, and never later than the delivery may get old. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AttemptAnswer } from '../support/api.ts'
import { deliver, eventIdOf, post, QUICK, reached, setStage, type Stage } from '../support/conformance.ts'
import { eventually } from '../support/eventually.ts'

/** Tests of other targets run beside: an attempt may be this late. */
const LATE_MS = 700

let stage: Stage

beforeAll(async () => {
  stage = await setStage((server) => {
    const at = (name: string) => ({ ...QUICK, name, url: `${server.url}/${name}` })
    return [
      at('seconds'),
      at('date'),
      at('past'),
      at('unreadable'),
      at('exact'),
      { ...at('huge'), retry: { ...QUICK.retry, maxAgeMs: 1_500 } },
      { ...at('huge-retry'), retry: { ...QUICK.retry, maxAttempts: 3, maxAgeMs: 1_500 } },
      { ...at('listed'), retry: [30, 250, 0] },
      { ...at('listed-aging'), retry: { delaysMs: [60_000], maxAgeMs: 400 } },
    ]
  })
})

afterAll(() => stage.close())

const startsOf = (attempts: readonly AttemptAnswer[]) => attempts.map(({ at }) => Date.parse(at))

/** Answers a 500 (which costs an attempt) with a Retry-After, then 200. @returns how long it waited */
async function waitAfter(target: string, retryAfter: string): Promise<number> {
  stage.server.on(`/${target}`, { status: 500, headers: { 'retry-after': retryAfter } }, { status: 200 })
  const delivery = await deliver(stage.system.api, target)
  expect(delivery).toMatchObject({ status: 'delivered', attempts: 2 })
  const [first, second] = startsOf(await stage.system.api.attempts(eventIdOf(delivery)))
  return Number(second) - Number(first)
}

describe('Retry-After', () => {
  test('in seconds is waited for', async () => {
    const waitedMs = await waitAfter('seconds', '1')
    expect(waitedMs).toBeGreaterThanOrEqual(1_000)
    expect(waitedMs).toBeLessThan(1_000 + LATE_MS)
  })

  test('as a date is waited for', async () => {
    const date = new Date(Date.now() + 2_000)
    const waitedMs = await waitAfter('date', date.toUTCString())
    const [, second] = stage.server.received('/date')
    // An HTTP date has whole seconds.
    expect(second?.atMs).toBeGreaterThanOrEqual(Math.floor(date.getTime() / 1_000) * 1_000)
    expect(waitedMs).toBeLessThan(2_000 + LATE_MS)
  })

  test('in the past is no wait', async () => {
    expect(await waitAfter('past', 'Wed, 21 Oct 2015 07:28:00 GMT')).toBeLessThan(LATE_MS)
  })

  test.each(['soon', '-5', '1.5', ''])('that cannot be read is no wait: "%s"', async (value) => {
    expect(await waitAfter('unreadable', value)).toBeLessThan(LATE_MS)
  })

  test.each(['31536000', '999999999999999999999', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
    'that is huge ends with the age that a delivery may have: %s',
    async (value) => {
      stage.server.on('/huge-retry', { status: 500, headers: { 'retry-after': value } })
      const id = await post(stage.system.api, 'huge-retry')
      const { nextAttemptAt } = await reached(stage.system.api, id, 'retrying')
      const { acceptedAt } = await stage.system.api.event(id)
      const ageMs = Date.parse(String(nextAttemptAt)) - Date.parse(acceptedAt)
      expect(ageMs).toBeGreaterThan(1_200)
      expect(ageMs).toBeLessThanOrEqual(1_500)
      expect(await reached(stage.system.api, id, 'dead')).toMatchObject({ reason: 'expired', attempts: 2 })
    },
  )

  test.each([429, 503])('that is huge on a %i: deferred until it has expired', async (status) => {
    stage.server.on('/huge', { status, headers: { 'retry-after': '31536000' } })
    const id = await post(stage.system.api, 'huge')
    await reached(stage.system.api, id, 'deferred')
    expect(await reached(stage.system.api, id, 'dead')).toMatchObject({ reason: 'expired' })
  })

  test('the status says exactly when the next attempt is', async () => {
    stage.server.on('/exact', { status: 503, headers: { 'retry-after': '1' } }, { status: 200 })
    const id = await post(stage.system.api, 'exact')
    const nextAt = Date.parse(String((await reached(stage.system.api, id, 'deferred')).nextAttemptAt))
    await reached(stage.system.api, id, 'delivered')
    const [, second] = startsOf(await stage.system.api.attempts(id))
    expect(Number(second)).toBeGreaterThanOrEqual(nextAt)
    expect(Number(second)).toBeLessThan(nextAt + LATE_MS)
  })
})

describe('a list of delays', () => {
  test('is waited for in turn, exactly, and then the delivery is dead', async () => {
    stage.server.on('/listed', { status: 500 })
    const delivery = await deliver(stage.system.api, 'listed')
    expect(delivery).toMatchObject({ status: 'dead', reason: 'exhausted', attempts: 4 })
    const attempts = await stage.system.api.attempts(eventIdOf(delivery))
    const starts = startsOf(attempts)
    const waits = starts.slice(1).map((at, before) => at - Number(starts[before]))
    for (const [at, delayMs] of [30, 250, 0].entries()) {
      expect(waits[at]).toBeGreaterThanOrEqual(delayMs)
      expect(waits[at]).toBeLessThan(delayMs + LATE_MS)
    }
  })

  test('is cut at the age that a delivery may have', async () => {
    stage.server.on('/listed-aging', { status: 500 })
    const id = await post(stage.system.api, 'listed-aging')
    const ended = await eventually('its end', async () => {
      const event = await stage.system.api.event(id)
      return event.settledAt === null ? undefined : event
    })
    expect(ended.deliveries).toMatchObject([{ status: 'dead' }])
    expect(Date.parse(String(ended.settledAt)) - Date.parse(ended.acceptedAt)).toBeLessThan(400 + LATE_MS)
  })
})
