/** Heals a stage behind a fault that was left as it was: what broke off in the middle of it cannot end it any more. */
import { OK, type Behaviour } from '../receiver/behaviour.ts'
import type { Stage } from './stage.ts'
import { TARGETS } from './targets.ts'

/** Parts go on, and find their Redis, which has room. Those that are gone stay so. */
export async function healParts(stage: Stage): Promise<void> {
  const { producersToRedis, workersToRedis } = stage.links
  await Promise.all([producersToRedis, workersToRedis].map((link) => link.heal()))
  for (const part of [...stage.producers(), ...stage.workers()]) part.goOn()
  const redis = oneRedis(stage)
  await redis?.start()
  await redis?.command('CONFIG', 'SET', 'maxmemory', '0')
}

/** Targets are found, and answer. */
export async function healTargets(
  stage: Stage,
  wellOf: (target: string) => Behaviour = () => OK,
): Promise<void> {
  await stage.links.workersToTargets.heal()
  for (const target of TARGETS) await stage.receiver.behave(target, wellOf(target))
}

/** `undefined` in another shape: sentinels and clusters heal themselves. */
function oneRedis(stage: Stage): Stage['redis'] | undefined {
  try {
    return stage.redis
  } catch {
    return undefined
  }
}
