import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startDeadline } from './deadline.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const never = new AbortController().signal

const why = (signal: AbortSignal) => (signal.reason as Error).message

test('a deadline is over when its time has passed, and not before', () => {
  const deadline = startDeadline(1_000, never)
  vi.advanceTimersByTime(999)
  expect(deadline.over()).toBeUndefined()
  expect(deadline.signal().aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(deadline.over()).toBe('deadline')
  expect(deadline.signal().aborted).toBe(true)
  expect(why(deadline.signal())).toBe('not done within 1000 ms')
})

test('a worker that stops cuts a deadline short, and that is another reason', () => {
  const stop = new AbortController()
  const deadline = startDeadline(1_000, stop.signal)
  expect(deadline.over()).toBeUndefined()
  stop.abort()
  expect(deadline.over()).toBe('stopping')
  expect(why(deadline.signal())).toBe('the worker is stopping')
})

test('a deadline of a worker that is already stopping is over from the beginning', () => {
  const deadline = startDeadline(1_000, AbortSignal.abort())
  expect(deadline.over()).toBe('stopping')
  expect(deadline.signal().aborted).toBe(true)
})

test('the first reason stays: a worker that stops after the deadline changes nothing', () => {
  const stop = new AbortController()
  const deadline = startDeadline(1_000, stop.signal)
  vi.advanceTimersByTime(1_000)
  stop.abort()
  expect(deadline.over()).toBe('deadline')
  expect(why(deadline.signal())).toBe('not done within 1000 ms')
})

test('the first reason stays: a deadline that passes after the worker stopped changes nothing', () => {
  const stop = new AbortController()
  const deadline = startDeadline(1_000, stop.signal)
  stop.abort()
  vi.advanceTimersByTime(5_000)
  expect(deadline.over()).toBe('stopping')
})

test('an attempt that has ended leaves neither timer nor listener, and is never over', () => {
  const stop = new AbortController()
  const deadline = startDeadline(1_000, stop.signal)
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1)
  expect(vi.getTimerCount()).toBe(1)
  deadline.end()
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
  stop.abort()
  vi.advanceTimersByTime(5_000)
  expect(deadline.over()).toBeUndefined()
})
