/** Mishaps of targets, and of the way to them. */
import { setTimeout as wait } from 'node:timers/promises'
import { FAULTS } from '../../proxy/fault.ts'
import { OK, type Answer, type Behaviour } from '../../receiver/behaviour.ts'
import { TARGETS } from '../../stage/targets.ts'
import { BEHIND_THE_DOOR } from '../door.ts'
import { LASTS_MS, type Ground, type Mishap } from '../mishap.ts'

/** Long enough for something to be under way at each kill. */
const SLOW: Behaviour = { kind: 'status', status: 200, afterMs: 100 }

/** How a target answers when nothing is wrong with it. */
export function wellOf(target: string): Behaviour {
  return target === 'gamma' ? SLOW : OK
}

const HUGE = { kind: 'big', bytes: 200_000_000, enoughBytes: 65_536 } as const

const answering = (status: number): Answer => ({ kind: 'status', status })

/** It says so to some, and takes what the others bring: else it would only make dead letters. */
const some = (...answers: readonly Answer[]): Behaviour => ({
  kind: 'mixed',
  answers: [...answers, ...answers.map(() => OK)].map((answer) => ({ weight: 1, answer })),
})

const asking = (
  status: number,
  form: 'seconds' | 'date' | 'rfc-850-date' | 'asctime-date',
  seconds: number,
): Answer => ({
  kind: 'status',
  status,
  retryAfter: { form, seconds },
})

const saying = (text: string | string[]): Answer => ({
  kind: 'status',
  status: 429,
  retryAfter: { form: 'text', text },
})

/** No 410: a target that says that it is gone stays paused until somebody resumes it. */
const ILLNESSES: readonly (readonly [name: string, behaviour: Behaviour])[] = [
  ['answers 503', answering(503)],
  ['answers 4xx', some(answering(400), answering(404), answering(422))],
  ['answers what is tried again', some(answering(408), answering(425), answering(429), answering(500))],
  ['redirects', some(answering(302))],
  ['throttles by seconds', asking(429, 'seconds', 1)],
  [
    'throttles by dates',
    some(asking(503, 'date', 2), asking(429, 'rfc-850-date', 2), asking(503, 'asctime-date', 2)),
  ],
  ['throttles by nothing', some(asking(429, 'seconds', 0), asking(503, 'date', -60))],
  [
    'throttles by nonsense',
    some(saying('when it is over'), saying('-5'), saying('1.5'), saying(['1', '3600'])),
  ],
  ['asks to wait with a 500', some(asking(500, 'seconds', 2))],
  ['resets before its headers', { kind: 'reset', when: 'before-headers' }],
  ['resets behind its headers', { kind: 'reset', when: 'after-headers' }],
  ['resets in its body', { kind: 'reset', when: 'in-body' }],
  ['hangs', { kind: 'hang' }],
  ['drips', { kind: 'drip', everyMs: 100 }],
  ['talks nonsense', { kind: 'garbage' }],
  ['has a status line that is none', { kind: 'garbage', what: 'status-line' }],
  [
    'answers with 200 MB',
    {
      kind: 'mixed',
      answers: [
        { weight: 1, answer: { ...HUGE, status: 200 } },
        { weight: 1, answer: { ...HUGE, status: 500 } },
        { weight: 8, answer: OK },
      ],
    },
  ],
  ['flaps every second', { kind: 'flap', everyMs: 1_000, answers: [OK, answering(500)] }],
]

/** A target is ill for a while, and well again. */
async function beIll({ stage }: Ground, target: string, behaviour: Behaviour, forMs: number): Promise<void> {
  const well = stage.disturbances.begin(`${target} is ill`, 'lateness', { target })
  try {
    await stage.receiver.behave(target, behaviour)
    await wait(forMs)
  } finally {
    await stage.receiver.behave(target, wellOf(target))
    well()
  }
}

/** So much longer than a delivery may become old. */
const OLDER_MS = 3_000

export const MISHAPS_OF_TARGETS: readonly Mishap[] = [
  ...ILLNESSES.map(([name, behaviour]): Mishap => ({
    name: `target ${name}`,
    run: (ground) =>
      beIll(ground, ground.random.pick(TARGETS), behaviour, ground.random.between(...LASTS_MS)),
  })),
  {
    name: 'target down for longer than maxAgeMs',
    run: (ground) => {
      // Throttling costs no attempt: what dies of it dies of age.
      const { maxAgeMs } = ground.stage.policy.retry
      return beIll(ground, ground.random.pick(TARGETS), asking(429, 'seconds', 1), maxAgeMs + OLDER_MS)
    },
  },
  {
    name: 'target with a wrong certificate',
    run: async ({ stage, random, door }) => {
      const { what, shown } = random.pick(door.wrong)
      // Whoever is inside is put out, and knows what it sent.
      const over = stage.disturbances.begin(`${BEHIND_THE_DOOR} shows: ${what}`, 'answers')
      door.show(what, shown)
      await wait(random.between(...LASTS_MS))
      door.showGood()
      over()
    },
  },
  {
    name: 'link of the workers to the targets',
    run: async ({ stage, random }) => {
      const end = await stage.links.workersToTargets.fail(random.pick(FAULTS))
      try {
        await wait(random.between(...LASTS_MS))
      } finally {
        await end()
      }
    },
  },
]
