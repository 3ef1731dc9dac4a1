/**
 * Watches whether the machine gives the driver a processor: where it does not, the proxies in it stand still, and the parts may.
 *
 * Noted as slowness, which explains that things are as much later, and nothing else.
 */
import type { Scope } from '../../bench/stage/scope.ts'
import type { Disturbances } from './disturbances.ts'

const LOOK_MS = 50
/** A busy driver is as late by itself. */
const LATE_MS = 150

/** Until the scope ends. */
export function watchMachine(scope: Scope, { begin }: Disturbances): void {
  let lookedMs = Date.now()
  const timer = setInterval(() => {
    const nowMs = Date.now()
    if (nowMs - lookedMs > LOOK_MS + LATE_MS)
      begin('the machine stood still', 'slowness', { fromMs: lookedMs })()
    lookedMs = nowMs
  }, LOOK_MS)
  scope.defer(() => {
    clearInterval(timer)
  })
}
