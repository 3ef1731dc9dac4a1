/** What the producer takes from a config: made anew at each reload, and asked for at each request. */
import { everyTarget, type Config } from '@manifold/config'
import { compileRouter } from '@manifold/domain'
import { bundleSizeOf } from '@manifold/queue'
import { callbackUrlJudge } from './judge-callback-url.ts'

export type LiveConfig = ReturnType<typeof readLive>

/** Makes it of a config. */
export function readLive(config: Config) {
  return {
    events: config.events,
    targets: everyTarget(config),
    /** Those that events are routed to. */
    routed: config.targets,
    sources: config.sources,
    route: compileRouter(config.targets),
    optionalTargets: new Set(config.targets.filter(({ required }) => !required).map(({ name }) => name)),
    judgeCallbackUrl: callbackUrlJudge(config.callbacks),
    bundleSizes: new Map(config.targets.map((target) => [target.name, bundleSizeOf(target)])),
  }
}
