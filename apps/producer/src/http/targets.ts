/** `/v1/admin/targets`: what is configured, how it is doing, stop and go. Secrets are never part of it. */
import type { Target } from '@manifold/domain'
import { isTargetPaused, pauseTarget, readQueueDepth, resumeTarget, type Queues } from '@manifold/queue'
import { countDeadLetters, readLastMinute, type Store } from '@manifold/store'
import { Router, type RequestHandler } from 'express'
import { allowOnly } from './method-not-allowed.ts'
import { sendProblem } from './problem.ts'
import type { RequireScope } from './require-scope.ts'

export type TargetsDeps = {
  readonly store: Store
  readonly queues: Queues
  readonly targets: readonly Target[]
  readonly requireScope: RequireScope
}

export function targetsRouter(deps: TargetsDeps): Router {
  const router = Router()
  router.use(deps.requireScope('admin'))
  router
    .route('/')
    .get(async (_request, response) => {
      const items = await Promise.all(deps.targets.map((target) => view(deps, target)))
      response.json({ items, nextCursor: null })
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
  router
    .route('/:name/pause')
    .post(
      forTarget(deps, async (target, response) => {
        await pauseTarget(deps.queues, target.name)
        response.json(await view(deps, target))
      }),
    )
    .all(allowOnly('POST'))
  router
    .route('/:name/resume')
    .post(
      forTarget(deps, async (target, response) => {
        await resumeTarget(deps.queues, target.name)
        response.json(await view(deps, target))
      }),
    )
    .all(allowOnly('POST'))
  return router
}

function forTarget(
  deps: TargetsDeps,
  handle: (target: Target, response: Parameters<RequestHandler>[1]) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    const target = deps.targets.find((one) => one.name === request.params['name'])
    if (target === undefined) sendProblem(response, 'target-not-found')
    else await handle(target, response)
  }
}

async function view({ store, queues }: TargetsDeps, target: Target) {
  const [depth, paused, dead, lastMinute] = await Promise.all([
    readQueueDepth(queues, target.name),
    isTargetPaused(queues, target.name),
    countDeadLetters(store, target.name),
    readLastMinute(store, target.name),
  ])
  return {
    name: target.name,
    paused,
    queue: { waiting: depth.waiting, delayed: depth.delayed, dead },
    inFlight: depth.inFlight,
    lastMinute,
    settings: {
      subscribe: target.subscribe,
      filter: target.filter !== undefined,
      url: typeof target.url === 'string' ? target.url : 'function',
      method: target.method,
      auth: target.auth.kind,
      timeoutMs: target.timeoutMs,
      maxResponseBytes: target.maxResponseBytes,
      retry: target.retry,
      concurrency: target.concurrency,
      rateLimit: target.rateLimit ?? null,
    },
  }
}
