/** Intake after an outage: how long until each producer takes events again. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Try } from '../stage/lane.ts'
import type { Part } from '../stage/part.ts'
import { TARGETS } from '../stage/targets.ts'
import type { Stage } from '../stage/stage.ts'

const BACK_MS = 2_000

/** How long a caller may be left without an answer while Redis is away. */
const REFUSED_MS = 2_000

/** A probe gives up a try, and makes the next one, so soon: what it measures is the producer, and not its own patience. */
const TRY_MS = 500
const AGAIN_MS = 50
const GIVE_UP_MS = 60_000

/** What took longer is told of, though it is still as promised. */
const TELL_MS = 1_000

let posted = 0

/** One producer, and what each try met. */
export type Back = {
  readonly producer: string
  /** Infinity when it did not come back, or ended. */
  readonly backMs: number
  readonly tries: readonly Try[]
}

type Probed = Pick<Part, 'name' | 'origin' | 'alive'>
type Probing = Pick<Stage, 'probe'> & { readonly producers: () => readonly Probed[] }

/** Asks each living producer by itself until it accepts an event. */
export async function probeIntake(stage: Probing): Promise<Back[]> {
  return Promise.all(stage.producers().map((producer) => probe(stage, producer)))
}

async function probe(stage: Probing, producer: Probed): Promise<Back> {
  const event = { key: `intake-${String(++posted)}`, targets: TARGETS }
  const startedMs = performance.now()
  const tries: Try[] = []
  for (;;) {
    const tried = await stage.probe(producer, event, TRY_MS)
    tries.push(tried)
    const tookMs = performance.now() - startedMs
    if (tried.status === 202) return { producer: producer.name, backMs: tookMs, tries }
    if (!producer.alive() || tookMs > GIVE_UP_MS) return { producer: producer.name, backMs: Infinity, tries }
    await wait(AGAIN_MS)
  }
}

/** Waits until every producer accepts events; one of the promises. @returns how long the slowest took */
export async function untilIntakeIsBack(stage: Probing & Pick<Stage, 'expect' | 'note'>): Promise<number> {
  const all = await probeIntake(stage)
  const slowestMs = all.reduce((most, { backMs }) => Math.max(most, backMs), all.length === 0 ? Infinity : 0)
  const slow = all.filter(({ backMs }) => backMs > TELL_MS).map(backLine)
  if (slow.length > 0) stage.note(`intake: ${slow.join('; ')}`)
  stage.expect(
    slowestMs < BACK_MS,
    `intake is back within ${String(BACK_MS)} ms`,
    all.length === 0 ? 'there is no producer' : slow.join('; '),
  )
  return slowestMs
}

/** What the tries met, those in a row that met the same together. */
function backLine({ producer, backMs, tries }: Back): string {
  const rows: { status: Try['status']; fromMs: number; count: number; slowestMs: number }[] = []
  const startedMs = tries[0]?.fromMs ?? 0
  for (const { status, fromMs, tookMs } of tries) {
    const last = rows.at(-1)
    if (last?.status === status) {
      last.count++
      last.slowestMs = Math.max(last.slowestMs, tookMs)
    } else rows.push({ status, fromMs: fromMs - startedMs, count: 1, slowestMs: tookMs })
  }
  const met = rows.map(
    ({ status, fromMs, count, slowestMs }) =>
      `${String(count)} × ${String(status)} from ${String(fromMs)} ms (${String(Math.round(slowestMs))} ms at most)`,
  )
  return `${producer} after ${String(Math.round(backMs))} ms: ${met.join(', ')}`
}

/** Callers were told in time that they have to come again; one of the promises. */
export function expectQuickRefusals(stage: Pick<Stage, 'expect' | 'note' | 'slowestRefusalMs'>): void {
  const slowestMs = Math.round(stage.slowestRefusalMs())
  const promise = `a refusal within ${String(REFUSED_MS)} ms`
  stage.expect(slowestMs < REFUSED_MS, promise, `the slowest took ${String(slowestMs)} ms`)
  stage.note(`slowest refusal ${String(slowestMs)} ms`)
}
