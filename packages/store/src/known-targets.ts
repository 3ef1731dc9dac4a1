/**
 * Known targets: which ones the living processes have in their configs. A target is removed when none has it any more: while a
 * new config is rolled out, those with the old one still speak for it.
 *
 * Owns since when a target is removed, by Redis's clock: it is kept over restarts, and forgotten when the target is back.
 */
import { keys } from './keys.ts'
import { loadScript, replyStrings, runScript } from './script.ts'
import type { Store } from './store.ts'

const knowScript = loadScript('know-targets')
const removedScript = loadScript('removed-targets')

/** Notes that this process has these targets. @returns those that had been removed, and are back */
export async function noteKnownTargets(store: Store, targets: readonly string[]): Promise<string[]> {
  if (targets.length === 0) return []
  return replyStrings(
    knowScript,
    await runScript(store.redis, knowScript, [keys.knownTargets, keys.removedTargets], targets),
  )
}

export type RemovedTarget = {
  readonly name: string
  /** Since the removal was noticed; 0 when it was by this call. */
  readonly sinceMs: number
}

/** Targets that no process has told of for `silentMs`. */
export async function readRemovedTargets(store: Store, silentMs: number): Promise<RemovedTarget[]> {
  const reply = replyStrings(
    removedScript,
    await runScript(store.redis, removedScript, [keys.knownTargets, keys.removedTargets], [silentMs]),
  )
  const removed: RemovedTarget[] = []
  for (let at = 0; at < reply.length; at += 2)
    removed.push({ name: reply[at] ?? '', sinceMs: Number(reply[at + 1]) })
  return removed
}

/** Names of the targets whose removal was noticed. */
export async function removedTargetNames(store: Store): Promise<string[]> {
  return store.redis.hkeys(keys.removedTargets)
}

/** When the removal of each of these targets was noticed, by Redis's clock. */
export async function readRemovalTimes(store: Store): Promise<ReadonlyMap<string, number>> {
  const times = await store.redis.hgetall(keys.removedTargets)
  return new Map(Object.entries(times).map(([name, atMs]) => [name, Number(atMs)]))
}
