import { EventEmitter, getEventListeners } from 'node:events'
import type { Response } from 'express'
import { expect, test } from 'vitest'
import { whileConnected } from './while-connected.ts'

/** As much of a response as is looked at. */
function responseThat(destroyed: boolean) {
  return Object.assign(new EventEmitter(), { destroyed }) as unknown as Response
}

const listening = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

test('it ends when the caller goes, and when the process does', () => {
  const leaving = new AbortController()
  const response = responseThat(false)
  const signals = [
    whileConnected(response, leaving.signal),
    whileConnected(responseThat(false), leaving.signal),
  ]
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
  response.emit('close')
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
  leaving.abort()
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
})

test('a caller that has gone leaves nothing behind, even one who went before', () => {
  const { signal: leaving } = new AbortController()
  const response = responseThat(false)
  whileConnected(response, leaving)
  response.emit('close')
  expect(whileConnected(responseThat(true), leaving).aborted).toBe(true)
  expect(listening(leaving)).toBe(0)
})
