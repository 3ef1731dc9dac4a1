/** Carries bytes one way through a link, as its fault of the moment lets them. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from './fault.ts'

export type Way = {
  readonly from: Socket
  readonly to: Socket
  readonly fault: () => Fault
  /** Told whenever the fault of the moment has done something to what passes. */
  readonly onBite: () => void
  /** What came was not passed on: the connection is of no more use once the fault is over. */
  readonly onSwallowed: () => void
  /** Asked before so many bytes are passed on: `false` when the connection breaks off instead. */
  readonly mayPass: (bytes: number) => boolean
}

/** Ends when either side does. */
export async function carry(way: Way): Promise<void> {
  try {
    for await (const chunk of way.from) await pass(way, chunk as Buffer)
  } catch {
    way.to.destroy()
    return
  }
  const fault = way.fault()
  // An end is not told through a black hole either.
  if (fault.kind === 'black-hole') way.onSwallowed()
  else {
    if (fault.kind === 'slow-close') {
      way.onBite()
      await wait(fault.ms)
    }
    way.to.end()
  }
}

async function pass(way: Way, chunk: Buffer): Promise<void> {
  const fault = way.fault()
  switch (fault.kind) {
    case 'black-hole':
      way.onBite()
      way.onSwallowed()
      return
    case 'latency':
      way.onBite()
      await wait(fault.ms)
      return write(way, chunk)
    case 'bandwidth':
      way.onBite()
      await wait((chunk.length / fault.bytesPerSecond) * 1_000)
      return write(way, chunk)
    case 'partial':
      way.onBite()
      return writePieces(way, chunk, fault)
    case 'none':
    case 'slow-close':
    case 'reset':
    case 'refuse':
      return write(way, chunk)
    default:
      return fault satisfies never
  }
}

async function writePieces(
  way: Way,
  chunk: Buffer,
  fault: Extract<Fault, { kind: 'partial' }>,
): Promise<void> {
  for (let at = 0; at < chunk.length; at += fault.bytes) {
    await write(way, chunk.subarray(at, at + fault.bytes))
    await wait(fault.everyMs)
    // Switched off in the middle of a long message: the rest goes at once.
    if (way.fault().kind === 'none') return write(way, chunk.subarray(at + fault.bytes))
  }
}

async function write({ to, mayPass }: Way, bytes: Buffer): Promise<void> {
  // Behind its end nothing can be said to the other side any more: whoever still speaks has not been told yet.
  if (bytes.length === 0 || to.destroyed || to.writableEnded || !mayPass(bytes.length)) return
  if (!to.write(bytes)) await Promise.race([once(to, 'drain'), once(to, 'close')])
}
