/** `/livez`, `/readyz` and `/metrics`: for probes and scrapers, without a key. */
import { withinMs, type Registry } from '@manifold/runtime'
import { pingStore, type Store } from '@manifold/store'
import { Router } from 'express'
import type * as answers from '../contract/answers/index.ts'
import { allowOnly } from './method-not-allowed.ts'

const READY_MS = 1_000

/** The routes of probes and scrapers. */
export function operateRouter(deps: { readonly store: Store; readonly registry: Registry }): Router {
  const router = Router()
  // A producer keeps nothing that could be stuck: if it answers, it lives.
  router
    .route('/livez')
    .get((_request, response) => {
      response.json({ status: 'ok' } satisfies answers.Healthy)
    })
    .all(allowOnly('GET'))
  router
    .route('/readyz')
    .get(async (_request, response) => {
      try {
        await withinMs(READY_MS, 'Redis', pingStore(deps.store))
        response.json({ status: 'ok' } satisfies answers.Healthy)
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error)
        response.status(503).json({ status: 'failing', problem } satisfies answers.Failing)
      }
    })
    .all(allowOnly('GET'))
  router
    .route('/metrics')
    .get(async (_request, response) => {
      response.type(deps.registry.contentType).send(await deps.registry.metrics())
    })
    .all(allowOnly('GET'))
  return router
}
