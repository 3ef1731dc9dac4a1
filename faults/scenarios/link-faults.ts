/** The faults of a link, one after the other under load: what the scenarios about links have in common. */
import { setTimeout as wait } from 'node:timers/promises'
import { FAULTS, type Fault } from '../proxy/fault.ts'
import type { Link } from '../stage/links.ts'
import type { Load } from '../stage/load.ts'
import type { Stage } from '../stage/stage.ts'

/** Between faults the system is left alone for as long as an effect may still belong to the one before. */
const APART_MS = 500

/** One fault, and what was seen of it. */
export type Episode = {
  readonly fault: Fault['kind']
  readonly fromMs: number
  readonly untilMs: number
  /** Events accepted during it. */
  readonly accepted: number
  /** Posts refused during it. */
  readonly refused: number
}

export type EpisodeOptions = {
  readonly stage: Stage
  readonly link: Link
  readonly load: Load
  /** Told when a fault is over. @returns what is to be said of it */
  readonly onOver: (episode: Episode) => Promise<string>
}

/** Each fault alone, each of which must have done something; a note says what happened during each. */
export async function eachFaultInTurn({ stage, link, load, onOver }: EpisodeOptions): Promise<void> {
  const said: string[] = []
  for (const fault of FAULTS) {
    const [accepted, refused] = [load.accepted(), countRefusals(stage)]
    const bites = link.bites(fault.kind)
    const fromMs = Date.now()
    const end = await link.fail(fault)
    await wait(stage.size(1_500, 10_000))
    await end()
    const bitten = link.bites(fault.kind) - bites
    stage.expect(bitten > 0, 'a fault does something', `${fault.kind} met nothing`)
    const episode = {
      fault: fault.kind,
      fromMs,
      untilMs: Date.now(),
      accepted: load.accepted() - accepted,
      refused: countRefusals(stage) - refused,
    }
    said.push(`${fault.kind} (${String(bitten)} times): ${await onOver(episode)}`)
    await wait(APART_MS)
  }
  stage.note(said.join('; '))
}

function countRefusals(stage: Stage): number {
  return [...stage.refusals().values()].reduce((sum, count) => sum + count, 0)
}
