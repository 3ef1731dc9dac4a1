/** Mishaps of callers. */
import { postAtOnce } from '../../scenarios/concurrent-duplicates.ts'
import { sendAndGo } from '../../scenarios/gone-after-sending.ts'
import { sendHalf } from '../../scenarios/half-sent.ts'
import { pipeline } from '../../scenarios/pipelined.ts'
import { TARGETS } from '../../stage/targets.ts'
import type { Mishap } from '../mishap.ts'

const CALLERS = 20

let called = 0

/** A name that no caller has had. */
const nextName = (what: string) => `soak-${what}-${String(++called)}`

/** The producer that it was meant for may be gone by now: then nothing was sent. */
const ifThere = (sending: Promise<void>) => sending.catch(() => undefined)

export const MISHAPS_OF_CALLERS: readonly Mishap[] = [
  {
    name: '100 callers with the same event',
    run: ({ stage }) => postAtOnce(stage, { key: nextName('duplicate'), targets: TARGETS }, 'rough'),
  },
  {
    name: 'bodies sent by half',
    run: async ({ stage }) => {
      for (let caller = 0; caller < CALLERS; caller++) await ifThere(sendHalf(stage, ++called))
    },
  },
  {
    name: 'callers gone after sending',
    run: async ({ stage }) => {
      const events = Array.from({ length: CALLERS }, () => ({ key: nextName('gone'), targets: TARGETS }))
      await Promise.all(events.map((event, caller) => ifThere(sendAndGo(stage, event, caller))))
    },
  },
  { name: 'pipelined requests', run: ({ stage }) => pipeline(stage, nextName('pipelined'), 'rough') },
]
