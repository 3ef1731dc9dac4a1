import { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { createPulse } from './pulse.ts'

function peer() {
  return Object.assign(new EventEmitter(), { isPaused: false, ping: vi.fn(), terminate: vi.fn() })
}

test('a peer that answers no ping over two beats is ended', () => {
  const socket = peer()
  const beat = createPulse(socket)
  beat()
  beat()
  expect(socket.terminate).not.toHaveBeenCalled()
  beat()
  expect(socket.ping).toHaveBeenCalledTimes(2)
  expect(socket.terminate).toHaveBeenCalledOnce()
})

test('one that answers, or is not read meanwhile, stays', () => {
  const socket = peer()
  const beat = createPulse(socket)
  for (let count = 0; count < 5; count++) {
    beat()
    socket.emit('pong')
  }
  socket.isPaused = true
  for (let count = 0; count < 5; count++) beat()
  expect(socket.ping).toHaveBeenCalledTimes(10)
  expect(socket.terminate).not.toHaveBeenCalled()
})
