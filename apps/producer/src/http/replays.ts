/** `/v1/admin/replays/:id`: how far a bulk replay has come. */
import { readReplay, type Store } from '@manifold/store'
import { Router } from 'express'
import { allowOnly } from './method-not-allowed.ts'
import { sendProblem } from './problem.ts'
import type { RequireScope } from './require-scope.ts'
import { replayView } from './views.ts'

/** The routes below `/v1/admin/replays`. */
export function replaysRouter(deps: { readonly store: Store; readonly requireScope: RequireScope }): Router {
  const router = Router()
  router
    .route('/:id')
    .get(deps.requireScope('admin'), async (request, response) => {
      const replay = await readReplay(deps.store, request.params.id)
      if (replay === undefined) sendProblem(response, 'replay-not-found')
      else response.json(replayView(replay))
    })
    .all(allowOnly('GET'))
  return router
}
