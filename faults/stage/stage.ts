/** The stage as a scenario sees it: what it can do to the parts of Manifold, and to what is around them. */
import type { Policy } from '../oracle/policy.ts'
import type { RequestLine } from '../oracle/receiver-log.ts'
import type { Disturbances } from './disturbances.ts'
import type { Asked, NewEvent, Try } from './lane.ts'
import type { Link } from './links.ts'
import type { Load, LoadOptions } from './load.ts'
import type { Operator } from './operator.ts'
import type { Part } from './part.ts'
import type { Receiver } from './receiver.ts'
import type { StageRedis } from './redis.ts'
import type { Servers, Shape } from './servers.ts'
import type { Settled } from './settle.ts'
import type { Struck } from './strike.ts'

export type StageOptions = {
  readonly folder: string
  readonly quick: boolean
  /** Of what targets do by chance. */
  readonly seed: number
  /** Default 2 of each. */
  readonly producers?: number
  readonly workers?: number
  readonly policy?: Partial<Policy>
  /** Default: one server. */
  readonly redisShape?: Shape
  readonly redisSettings?: readonly (readonly string[])[]
  readonly environment?: Readonly<Record<string, string>>
}

export type Stage = {
  readonly seed: number
  /** For files of this run; goes with it when all was well. */
  readonly folder: string
  /** Ends with the stage, when all has been judged: what targets need until then. */
  readonly defer: (close: () => Promise<void> | void) => void
  readonly policy: Policy
  /** The one server. @throws in another shape */
  readonly redis: StageRedis
  /** The same in other shapes. */
  readonly servers: Pick<Servers, 'replicated' | 'cluster'>
  readonly receiver: Receiver
  readonly links: {
    readonly producersToRedis: Link
    readonly workersToRedis: Link
    readonly workersToTargets: Link
  }
  readonly operator: Operator
  readonly disturbances: Disturbances
  /** Writes the config anew, with these targets or something that is none, and has every part reload it. @returns whether all took it */
  readonly configure: (targets: readonly string[] | 'broken') => Promise<boolean>
  /** Those that live. */
  readonly producers: () => readonly Part[]
  readonly workers: () => readonly Part[]
  /** Where a caller is sent: one living producer after the other. */
  readonly origin: () => string | undefined
  readonly addProducer: (environment?: Readonly<Record<string, string>>) => Promise<Part>
  /** @param through what it is started through */
  readonly addWorker: (
    environment?: Readonly<Record<string, string>>,
    through?: readonly string[],
  ) => Promise<Part>
  /** Waits until a part that was armed is struck; the disturbance is noted as of then. `undefined` when it was not in time. */
  readonly struck: (part: Part, limitMs: number) => Promise<Struck | undefined>
  readonly load: (options?: Partial<LoadOptions>) => Load
  /** Ends every load that has not ended. */
  readonly endLoads: () => Promise<void>
  /** Callers are not sent to it any more. @returns sends them to it again */
  readonly leaveOut: (part: Part) => () => void
  /** Posts one event until it is accepted. */
  readonly post: (event: NewEvent) => Promise<string | undefined>
  /** Posts an event once, to this producer, with so much time for the answer. */
  readonly probe: (producer: Asked, event: NewEvent, limitMs: number) => Promise<Try>
  /** The number in a quick run, or in a whole one. */
  readonly size: (quick: number, whole: number) => number
  /** Refusals of the driver's posts by status. */
  readonly refusals: () => ReadonlyMap<number, number>
  /** How long the slowest refusal took, or a caller waited in vain for one. */
  readonly slowestRefusalMs: () => number
  /** What the receiver has written down so far. */
  readonly requests: () => readonly RequestLine[]
  /** What the scenario has to say of what it saw. */
  readonly note: (text: string) => void
  readonly notes: () => readonly string[]
  /** A promise of the scenario itself. */
  readonly expect: (kept: boolean, promise: string, detail: string) => void
  /** Waits for a condition. @throws when it does not come */
  readonly until: (what: string, look: () => boolean | Promise<boolean>, limitMs?: number) => Promise<void>
  /** Waits until all is at rest, and has it judged; what was found before is in it. */
  readonly settle: (limitMs?: number) => Promise<Settled>
}
