/**
 * One attempt as a worker makes it, by the same stages under the same rules, with everything kept that is to be shown.
 * Nothing is claimed, settled or recorded.
 */
import {
  attemptTarget,
  createTargetClient,
  startDeadline,
  wasInterrupted,
  type AttemptDeps,
  type Attempted,
  type AttemptObserver,
} from '@manifold/delivery'
import type { ManifoldEvent, Target } from '@manifold/domain'

export type Tested = Attempted & { readonly durationMs: number }

export type TestDeps = Pick<AttemptDeps, 'userAgent' | 'now' | 'randomHex' | 'handlerLogger'> & {
  readonly signal: AbortSignal
}

const NOT_SAMPLED = '00'

const NOBODY: AttemptObserver = { spanId: undefined, startCall: () => ({ end: nothing }) }

/**
 * @returns what it came to, with nothing hidden
 * @throws the reason of the signal when it was cut short
 */
export async function attemptOnce(deps: TestDeps, target: Target, event: ManifoldEvent): Promise<Tested> {
  const { now, randomHex, signal } = deps
  const client = createTargetClient(target)
  const deadline = startDeadline(target.timeoutMs, signal)
  const startedAtMs = now()
  try {
    const attempted = await attemptTarget(
      { ...deps, client, judgeNow: now, onSending: nothing, onSent: nothing },
      target,
      { eventId: event.id, target: target.name },
      { event, trace: { traceId: randomHex(16), flags: NOT_SAMPLED }, attempts: 0 },
      deadline,
      NOBODY,
    )
    if (wasInterrupted(attempted, deadline)) signal.throwIfAborted()
    return { ...attempted, durationMs: now() - startedAtMs }
  } finally {
    deadline.end()
    await client.close()
  }
}

function nothing(): void {
  // Nobody watches, and nothing is struck.
}
