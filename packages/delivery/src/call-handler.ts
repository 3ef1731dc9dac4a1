/**
 * Calls a function target's handler: its own stage in place of render, authenticate, send and classify.
 *
 * The deadline holds although a handler does not look at its signal: it is then left to itself.
 */
import {
  isOutcome,
  type FunctionTarget,
  type HandlerContext,
  type ManifoldEvent,
  type Outcome,
} from '@manifold/domain'
import type { Deadline } from './deadline.ts'
import { BlockedAddressError } from './guarded-connector.ts'
import { rootCause } from './root-cause.ts'

export type Handled = { readonly outcome: Outcome; readonly error?: string }

const NO_OUTCOME =
  'the handler gave something that is no outcome: give nothing, or what delivered(), retryable() … make'

/** Never throws. */
export async function callHandler(
  target: Pick<FunctionTarget, 'handle'>,
  event: ManifoldEvent,
  context: HandlerContext,
  deadline: Deadline,
): Promise<Handled> {
  try {
    const result: unknown = await Promise.race([target.handle(event, context), deadline.passed()])
    if (result === undefined) return { outcome: { kind: 'delivered', reason: 'handled' } }
    if (isOutcome(result)) return { outcome: result }
    return {
      outcome: { kind: 'permanent', reason: 'handler-failed', deadReason: 'invalid' },
      error: NO_OUTCOME,
    }
  } catch (error) {
    const root = rootCause(error)
    if (root instanceof BlockedAddressError) {
      return {
        outcome: { kind: 'permanent', reason: 'blocked-address', deadReason: 'blocked' },
        error: root.message,
      }
    }
    const reason = deadline.over() === undefined ? 'handler-failed' : 'timeout'
    return {
      outcome: { kind: 'retryable', reason },
      error: error instanceof Error ? error.message : String(error),
    }
  }
}
