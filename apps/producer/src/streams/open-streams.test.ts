import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ANYBODY } from '../callers/caller.ts'
import { createOpenStreams } from './open-streams.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const stream = () => ({ beat: vi.fn(), leave: vi.fn() })

test('all that are open beat together; when none is open no timer runs', () => {
  const streams = createOpenStreams({ max: 5, beatMs: 10, leaving: new AbortController().signal })
  expect(vi.getTimerCount()).toBe(0)
  const [one, other] = [stream(), stream()]
  const [leaveOne, leaveOther] = [streams.enter(one, ANYBODY.caller), streams.enter(other, ANYBODY.caller)]
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(20)
  leaveOne?.()
  vi.advanceTimersByTime(10)
  expect(one.beat).toHaveBeenCalledTimes(2)
  expect(other.beat).toHaveBeenCalledTimes(3)
  leaveOther?.()
  leaveOther?.()
  expect(streams.count()).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('when the producer stops all are told, and one that comes then is told at once', () => {
  const leaving = new AbortController()
  const streams = createOpenStreams({ max: 5, beatMs: 10, leaving: leaving.signal })
  const [early, late] = [stream(), stream()]
  streams.enter(early, ANYBODY.caller)
  leaving.abort()
  streams.enter(late, ANYBODY.caller)
  expect(early.leave).toHaveBeenCalledOnce()
  expect(late.leave).toHaveBeenCalledOnce()
})

test('more than there may be do not enter', () => {
  const streams = createOpenStreams({ max: 1, beatMs: 10, leaving: new AbortController().signal })
  const leave = streams.enter(stream(), ANYBODY.caller)
  expect(streams.enter(stream(), ANYBODY.caller)).toBeUndefined()
  leave?.()
  expect(streams.enter(stream(), ANYBODY.caller)).toBeDefined()
})

test('one caller may have half of them, so that there is room for others; without keys all are one caller', () => {
  const streams = createOpenStreams({ max: 4, beatMs: 10, leaving: new AbortController().signal })
  const [shop, desk] = [{ name: 'shop' }, { name: 'desk' }]
  const leave = streams.enter(stream(), shop)
  expect(streams.enter(stream(), shop)).toBeDefined()
  expect(streams.enter(stream(), shop)).toBeUndefined()
  expect(streams.enter(stream(), desk)).toBeDefined()
  leave?.()
  leave?.()
  expect(streams.enter(stream(), shop)).toBeDefined()
  expect(streams.enter(stream(), shop)).toBeUndefined()
  const others = createOpenStreams({ max: 3, beatMs: 10, leaving: new AbortController().signal })
  for (let count = 0; count < 3; count++) expect(others.enter(stream(), ANYBODY.caller)).toBeDefined()
  expect(others.enter(stream(), ANYBODY.caller)).toBeUndefined()
})
