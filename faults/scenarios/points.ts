/**
 * The points that parts are struck at: every failpoint there is, and the two of every script, with who passes it and when.
 *
 * A contract test holds the list complete.
 */
import type { Kind } from '../stage/crew.ts'

export type Point = {
  readonly kind: Kind
  readonly name: string
  /** Background work that one process does at a time: the armed one has to be given it. */
  readonly lease?: 'relay' | 'janitor' | 'removed-targets'
  /** Passed while it starts, too: its second passing is struck. */
  readonly whileStarting?: true
  /** Only a worker that is stopping passes it. */
  readonly whileStopping?: true
  /** Passed all the time, so that it need not be struck at its first passing. */
  readonly often?: true
}

const around = (...scripts: readonly string[]) =>
  scripts.flatMap((script) => [`before:${script}`, `after:${script}`])

const passedBy = (kind: Kind, names: readonly string[], more: Omit<Point, 'kind' | 'name'> = {}): Point[] =>
  names.map((name) => ({ kind, name, ...more }))

const OFTEN = { often: true } as const
const RELAY = { lease: 'relay' } as const
const JANITOR = { lease: 'janitor' } as const
const REMOVED = { lease: 'removed-targets' } as const
const STARTING = { whileStarting: true } as const

export const POINTS: readonly Point[] = [
  ...passedBy('worker', around('claim-deliveries', 'settle-deliveries'), OFTEN),
  ...passedBy('worker', ['claimed', 'sending', 'during', 'sent', 'settled', 'ending', 'ended'], OFTEN),
  ...passedBy('worker', ['burying', 'buried']),
  ...passedBy('worker', around('release-deliveries'), { whileStopping: true }),
  ...passedBy(
    'worker',
    [...around('overdue-outbox'), 'relaying', 'reconciling', 'reconciled', 'relayed'],
    RELAY,
  ),
  ...passedBy('producer', [...around('accept-event'), 'recorded', 'enqueueing', 'enqueued'], OFTEN),
  ...passedBy(
    'producer',
    around('cancel-event', 'create-replay', 'discard-delivery', 'reopen-delivery', 'start-replaying'),
  ),
  ...passedBy('producer', ['replaying', 'reconciling', 'reconciled']),
  ...passedBy('producer', [...around('overdue-outbox'), 'relaying', 'relayed'], RELAY),
  ...passedBy(
    'producer',
    [...around('due-retention', 'forget-events', 'forget-event'), 'forgetting'],
    JANITOR,
  ),
  ...passedBy('producer', around('removed-targets'), REMOVED),
  ...passedBy('producer', around('redis-now', 'know-targets'), STARTING),
  ...passedBy('worker', around('redis-now', 'know-targets'), STARTING),
]
