/**
 * One attempt as a worker makes it, by the same stages under the same rules, with everything kept that is to be shown.
 * Nothing is claimed, settled or recorded.
 */
import {
  authenticate,
  callHandler,
  classify,
  createTargetClient,
  render,
  send,
  startDeadline,
  type Deadline,
  type TargetClient,
} from '@manifold/delivery'
import {
  formatTraceparent,
  type HttpTarget,
  type ManifoldEvent,
  type Outcome,
  type OutgoingRequest,
  type Target,
  type TargetResponse,
} from '@manifold/domain'

export type Tried = {
  readonly outcome: Outcome
  readonly durationMs: number
  readonly error?: string | undefined
  /** Before authentication. */
  readonly rendered?: OutgoingRequest | undefined
  /** As it was sent. */
  readonly request?: OutgoingRequest | undefined
  readonly response?: TargetResponse | undefined
}

export type TryDeps = {
  readonly userAgent: string
  readonly deliveryId: string
  readonly now: () => number
  /** Hex digits, twice as many. */
  readonly randomHex: (bytes: number) => string
  /** What a function target's handler says. */
  readonly note: (text: string) => void
  readonly signal: AbortSignal
}

type Result = Omit<Tried, 'durationMs'>

export async function attemptOnce(deps: TryDeps, target: Target, event: ManifoldEvent): Promise<Tried> {
  const client = createTargetClient(target)
  const deadline = startDeadline(target.timeoutMs, deps.signal)
  const startedAtMs = deps.now()
  try {
    const result =
      target.kind === 'http'
        ? await callApi(deps, client, target, event, deadline)
        : await callFunction(deps, client, target, event, deadline)
    return { ...result, durationMs: deps.now() - startedAtMs }
  } finally {
    deadline.end()
    await client.close()
  }
}

async function callApi(
  deps: TryDeps,
  client: TargetClient,
  target: HttpTarget,
  event: ManifoldEvent,
  deadline: Deadline,
): Promise<Result> {
  const made = render({
    target,
    event,
    deliveryId: deps.deliveryId,
    trace: { traceId: deps.randomHex(16), flags: '00' },
    spanId: deps.randomHex(8),
    nowMs: deps.now(),
    userAgent: deps.userAgent,
  })
  if (made.kind === 'invalid') {
    return { outcome: { kind: 'permanent', reason: made.reason, deadReason: 'invalid' }, error: made.error }
  }
  const rendered = made.request
  let rejected: OutgoingRequest | undefined
  for (;;) {
    const context = { fetch: client.fetchWithin(deadline), nowMs: deps.now(), rejected }
    const proven = await Promise.race([
      authenticate(target.auth, rendered, context),
      deadline.passed().catch((reason: unknown) => ({ kind: 'failed', error: String(reason) }) as const),
    ])
    if (proven.kind !== 'authenticated') {
      const outcome: Outcome =
        proven.kind === 'failed'
          ? { kind: 'retryable', reason: 'authentication-failed' }
          : { kind: 'permanent', reason: 'bad-header', deadReason: 'invalid' }
      return { outcome, error: proven.error, rendered }
    }
    const { request } = proven
    const sent = await send(client, request, deadline)
    const mayRenew = target.auth.renewable === true && rejected === undefined
    if (sent.kind === 'answered' && sent.response.status === 401 && mayRenew) {
      rejected = request
      continue
    }
    const outcome = classify(target, sent, deps.now())
    return sent.kind === 'answered'
      ? { outcome, rendered, request, response: sent.response }
      : { outcome, rendered, request, error: sent.error }
  }
}

async function callFunction(
  { deliveryId, note, randomHex }: TryDeps,
  client: TargetClient,
  target: Extract<Target, { kind: 'function' }>,
  event: ManifoldEvent,
  deadline: Deadline,
): Promise<Result> {
  const say = (level: string) => (fields: object, message: string) => {
    note(`${level}: ${message} ${JSON.stringify(fields)}`)
  }
  const logger = { info: say('info'), warn: say('warn'), error: say('error') }
  const context = {
    attempt: 1,
    deliveryId,
    signal: deadline.signal(),
    fetch: client.fetchWithin(deadline),
    logger,
    traceparent: formatTraceparent(randomHex(16), randomHex(8), '00'),
  }
  return callHandler(target, event, context, deadline)
}
