/** `/v1/admin/targets`: what is configured, how it is doing, stop and go. Secrets are never part of it. */
import { hideRevealedSecrets } from '@manifold/config'
import { CALLBACKS_TARGET, type Target } from '@manifold/domain'
import { isTargetPaused, pauseTarget, resumeTarget, type Queues } from '@manifold/queue'
import {
  clearGoneMark,
  countDeadLetters,
  readBacklog,
  readBreaker,
  readGoneMark,
  readHostBreakers,
  readLastMinute,
  readRemovalTimes,
  readStoreFacts,
  removedTargetNames,
  type BreakerView,
  type Store,
  type Telling,
} from '@manifold/store'
import { Router, type RequestHandler } from 'express'
import type * as answers from '../contract/answers/index.ts'
import { resetTargetBreaker } from '../reset-target-breaker.ts'
import { allowOnly } from './method-not-allowed.ts'
import { sendProblem } from './problem.ts'
import type { RequireScope } from './require-scope.ts'

export type TargetsDeps = {
  readonly store: Store
  readonly queues: Queues
  /** Who is told when the breaker of a target is reset. */
  readonly telling: Telling
  readonly targets: readonly Target[]
  /** How long what waits for a removed target goes on waiting. */
  readonly removedTargetGraceMs: number
  readonly requireScope: RequireScope
}

/** What can be done to a target, by the path it is asked for under. Doing it twice is doing it once. */
const ACTIONS: Readonly<Record<string, (deps: TargetsDeps, target: string) => Promise<void>>> = {
  pause: ({ queues }, target) => pauseTarget(queues, target),
  resume: async ({ store, queues }, target) => {
    await clearGoneMark(store, target)
    await resumeTarget(queues, target)
  },
  'breaker/reset': (deps, target) => resetTargetBreaker(deps, target),
}

/** The routes below `/v1/admin/targets`; all of them want the scope `admin`. */
export function targetsRouter(deps: TargetsDeps): Router {
  const router = Router()
  router.use(deps.requireScope('admin'))
  router
    .route('/')
    .get(async (_request, response) => {
      const [removed, ...items] = await Promise.all([
        removedView(deps),
        ...deps.targets.map((target) => view(deps, target)),
      ])
      response.json({ items, removed, nextCursor: null } satisfies answers.TargetList)
    })
    .all(allowOnly('GET'))
  router
    .route('/:name')
    .get(
      forTarget(deps, async (target, response) => {
        response.json(await view(deps, target))
      }),
    )
    .all(allowOnly('GET'))
  for (const [path, act] of Object.entries(ACTIONS)) {
    router
      .route(`/:name/${path}`)
      .post(
        forTarget(deps, async (target, response) => {
          await act(deps, target.name)
          response.json(await view(deps, target))
        }),
      )
      .all(allowOnly('POST'))
  }
  return router
}

function forTarget(
  deps: TargetsDeps,
  handle: (target: Target, response: Parameters<RequestHandler>[1]) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    const target = deps.targets.find((one) => one.name === request.params['name'])
    if (target === undefined) await sendNotFound(deps, String(request.params['name']), response)
    else await handle(target, response)
  }
}

/** One that was taken out of the config may have a backlog that is waited for in vain. */
async function sendNotFound(
  { store }: TargetsDeps,
  name: string,
  response: Parameters<RequestHandler>[1],
): Promise<void> {
  if (!(await removedTargetNames(store)).includes(name)) {
    sendProblem(response, 'target-not-found')
    return
  }
  const [{ waiting, delayed, inFlight }, dead] = await Promise.all([
    readBacklog(store, name),
    countDeadLetters(store, name),
  ])
  const detail = `${name} is in no config any more; ${String(waiting + delayed + inFlight)} deliveries wait for its return, and it has ${String(dead)} dead letters`
  sendProblem(response, 'target-not-found', { detail })
}

/** Those that were taken out of the config, and of which something is left. */
async function removedView({
  store,
  targets,
  removedTargetGraceMs,
}: TargetsDeps): Promise<answers.RemovedTarget[]> {
  const removals = await readRemovalTimes(store)
  const gone = [...removals.keys()].filter((name) => !targets.some((target) => target.name === name)).sort()
  if (gone.length === 0) return []
  const facts = await readStoreFacts(store, gone)
  return [...facts.targets].flatMap(([name, { backlog, deadLetters }]) => {
    const { waiting, delayed, inFlight } = backlog
    const open = waiting + delayed + inFlight
    if (open + deadLetters === 0) return []
    const atMs = removals.get(name) ?? facts.nowMs
    return {
      name,
      removedAt: new Date(atMs).toISOString(),
      diesAt: open === 0 ? null : new Date(atMs + removedTargetGraceMs).toISOString(),
      queue: { waiting, delayed, dead: deadLetters },
      inFlight,
    }
  })
}

async function view({ store, queues }: TargetsDeps, target: Target): Promise<answers.Target> {
  const [backlog, paused, dead, lastMinute, breaker, goneAtMs] = await Promise.all([
    readBacklog(store, target.name),
    isTargetPaused(queues, target.name),
    countDeadLetters(store, target.name),
    readLastMinute(store, target.name),
    readBreaker(store, target.name),
    readGoneMark(store, target.name),
  ])
  return {
    name: target.name,
    paused,
    gone: goneAtMs !== undefined,
    queue: { waiting: backlog.waiting, delayed: backlog.delayed, dead },
    inFlight: backlog.inFlight,
    breaker: breakerView(breaker),
    ...(await hostsView(store, target)),
    lastMinute,
    settings: {
      ...httpSettings(target),
      subscribe: [...target.subscribe],
      filter: target.filter !== undefined,
      timeoutMs: target.timeoutMs,
      maxResponseBytes: target.maxResponseBytes,
      retry: target.retry,
      concurrency: target.concurrency,
      maxConcurrency: target.maxConcurrency ?? null,
      rateLimit: target.rateLimit ?? null,
      maxBacklog: target.maxBacklog ?? null,
      breaker: target.breaker,
      allowPrivateNetwork: target.allowPrivateNetwork,
    },
  }
}

function httpSettings(target: Target): Pick<answers.TargetSettings, 'kind' | 'url' | 'method' | 'auth'> {
  if (target.kind === 'function') return { kind: target.kind }
  return {
    kind: target.kind,
    url: typeof target.url === 'string' ? hideRevealedSecrets(target.url) : 'function',
    method: typeof target.method === 'string' ? target.method : 'function',
    auth: target.auth.kind,
  }
}

/** Callbacks have a breaker for each host: those that are not closed. */
async function hostsView(store: Store, target: Target) {
  if (target.name !== CALLBACKS_TARGET) return {}
  const hosts = await readHostBreakers(store, target.name)
  return { hosts: hosts.map(({ host, breaker }) => ({ host, breaker: breakerView(breaker) })) }
}

function breakerView(breaker: BreakerView): answers.TargetBreaker {
  if (breaker.state === 'closed')
    return { state: breaker.state, reason: null, since: null, nextProbeAt: null }
  const { state, sinceMs, nextProbeAtMs, failed, attempts } = breaker
  return {
    state,
    reason:
      failed === undefined || attempts === undefined
        ? 'a probe failed'
        : `${String(failed)} of ${String(attempts)} attempts failed`,
    since: new Date(sinceMs).toISOString(),
    nextProbeAt: new Date(nextProbeAtMs).toISOString(),
  }
}
