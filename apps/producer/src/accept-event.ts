/**
 * Accept: from a caller's event to a durable record with all its deliveries, in one round trip to Redis.
 *
 * Owns what makes an event acceptable. Enqueueing happens right behind the answer (enqueuer.ts): the record is on
 * the outbox, so that a process that dies in between loses nothing.
 */
import { hash } from 'node:crypto'
import type { Config } from '@manifold/config'
import {
  eventInputSchema,
  fieldErrors,
  isDeeperThan,
  type CloudEventContext,
  MAX_DATA_DEPTH,
  MAX_DELAY_MS,
  type EventInput,
  type FieldError,
  type ManifoldEvent,
  type Router,
  type SpanContext,
} from '@manifold/domain'
import { failpoint } from '@manifold/runtime'
import {
  recordEvent,
  storeNow,
  type Accepted,
  type NewEvent,
  type NewlyAccepted,
  type Store,
} from '@manifold/store'
import type { Tracing } from '@manifold/tracing'
import type { Intake, Overloaded } from './overload/intake.ts'

export type AcceptDeps = {
  readonly store: Store
  readonly events: Config['events']
  readonly route: Router
  readonly newEventId: () => string
  /** Targets whose failure does not make an event fail. */
  readonly optionalTargets: ReadonlySet<string>
  /** What is wrong with a callback's address, if anything. */
  readonly judgeCallbackUrl: (url: string) => string | undefined
  readonly enqueue: (accepted: NewlyAccepted) => void
  readonly onBrokenFilters: (eventType: string, targets: readonly string[]) => void
  /** Whether there is room for more. */
  readonly intake: Intake
  readonly tracing: Pick<Tracing, 'startPublish'>
}

export type AcceptRequest = {
  /** The parsed body. */
  readonly body: unknown
  /** The body as it came: its hash tells a repeated request from another one. */
  readonly rawBody: Uint8Array | string
  /** What a CloudEvent said besides. */
  readonly context?: CloudEventContext
  readonly idempotencyKey: string | undefined
  /** Whose idempotency keys these are. */
  readonly caller: string
  /** Whether the caller may publish events of a type; without it, of any. */
  readonly mayPublish?: ((type: string) => boolean) | undefined
  readonly traceparent: string | undefined
  /** The request, where its events are in traces of their own. */
  readonly askedBy?: SpanContext | undefined
}

export type AcceptAnswer =
  | ({ readonly kind: 'accepted' } & NewlyAccepted)
  | ({ readonly kind: 'duplicate' } & Accepted)
  | { readonly kind: 'too-deep' }
  | { readonly kind: 'type-not-allowed'; readonly type: string }
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] }
  | { readonly kind: 'unknown-targets'; readonly errors: readonly FieldError[] }
  | { readonly kind: 'key-reused' | 'id-taken'; readonly eventId: string }
  | Overloaded

/** What can be said of an event before Redis is asked. */
export type Judgement = Exclude<AcceptAnswer, { readonly eventId: string } | Overloaded> | Acceptable

/** What will be stored, unless there is no room. */
export type Acceptable = {
  readonly kind: 'acceptable'
  readonly input: EventInput
  readonly event: NewEvent['event']
  readonly payload: string
  readonly context: CloudEventContext | undefined
  readonly targets: readonly string[]
}

/** Whether an event could be accepted. Stores nothing. */
export function judgeEvent(deps: AcceptDeps, request: AcceptRequest): Judgement {
  if (isDeeperThan(request.body, MAX_DATA_DEPTH)) return { kind: 'too-deep' }
  const parsed = eventInputSchema.safeParse(request.body)
  if (!parsed.success) return { kind: 'invalid', errors: fieldErrors(parsed.error) }
  const input = parsed.data
  if (request.mayPublish?.(input.type) === false) return { kind: 'type-not-allowed', type: input.type }
  const mismatches = [
    ...checkAgainstCatalogue(deps.events, input),
    ...checkTimes(input, storeNow(deps.store)),
    ...checkCallback(deps, input),
  ]
  if (mismatches.length > 0) return { kind: 'invalid', errors: mismatches }

  const event = { ...envelope(input, deps.newEventId), time: input.time }
  const context = contextOf(input, request.context)
  const routing = deps.route(
    {
      ...context,
      ...event,
      time: input.time ?? new Date(storeNow(deps.store)).toISOString(),
      data: input.data,
    },
    input.targets,
  )
  if (routing.kind === 'unknown-targets') {
    return { kind: 'unknown-targets', errors: unknownTargetErrors(input, routing.names) }
  }
  if (routing.brokenFilters.length > 0) deps.onBrokenFilters(event.type, routing.brokenFilters)
  const payload = JSON.stringify(input.data)
  return { kind: 'acceptable', input, event, payload, context, targets: routing.targets }
}

/** Accepts an event, or says why not. @throws when Redis cannot take it: nothing is promised then */
export async function acceptEvent(deps: AcceptDeps, request: AcceptRequest): Promise<AcceptAnswer> {
  const judgement = judgeEvent(deps, request)
  if (judgement.kind !== 'acceptable') return judgement
  const arrivals = [judgement]
  const refused = deps.intake.admit(arrivals)
  if (refused !== undefined) return refused
  try {
    return await storeEvent(deps, request, judgement)
  } finally {
    deps.intake.stored(arrivals)
  }
}

/** Stores an event that was let in. @throws when Redis cannot take it */
export async function storeEvent(
  deps: AcceptDeps,
  request: AcceptRequest,
  { input, event, payload, context, targets }: Acceptable,
): Promise<
  Exclude<AcceptAnswer, { readonly kind: Exclude<Judgement['kind'], 'acceptable'> | 'overloaded' }>
> {
  const span = deps.tracing.startPublish({
    eventType: event.type,
    targetCount: targets.length,
    traceparent: request.traceparent,
    askedBy: request.askedBy,
  })
  const result = await recordEvent(deps.store, {
    event,
    payload,
    targets,
    optionalTargets: optionalAmong(targets, deps),
    context,
    notBefore: notBeforeOf(input),
    expiresAtMs: input.expiresAt === undefined ? undefined : Date.parse(input.expiresAt),
    callbackUrl: input.callbackUrl,
    ownId: input.id !== undefined,
    fingerprint: hash('sha256', request.rawBody, 'base64url'),
    idempotencyKey:
      request.idempotencyKey === undefined
        ? undefined
        : { owner: request.caller, key: request.idempotencyKey },
    trace: span.trace,
  }).catch((error: unknown) => {
    span.end({ kind: 'failed', error })
    throw error
  })
  span.end(result)
  failpoint('recorded')
  if (result.kind === 'accepted') deps.enqueue(result)
  return result
}

/** Most configs have none. */
function optionalAmong(targets: readonly string[], { optionalTargets }: AcceptDeps): readonly string[] {
  return optionalTargets.size === 0 ? [] : targets.filter((target) => optionalTargets.has(target))
}

/** The type's own schema judges the data; what is stored is what was posted, nothing stripped or converted. */
function checkAgainstCatalogue(events: Config['events'], input: EventInput): FieldError[] {
  try {
    const result = events.get(input.type)?.safeParse(input.data)
    return result === undefined || result.success ? [] : fieldErrors(result.error, ['data'])
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    return [{ path: 'data', message: `the schema of ${input.type} in the config cannot judge this: ${what}` }]
  }
}

/** Whatever depends on the clock is refused only where waiting makes it right: a request sent again must not turn wrong. */
function checkTimes({ deliverAt, delayMs, expiresAt }: EventInput, nowMs: number): FieldError[] {
  if (deliverAt !== undefined && delayMs !== undefined)
    return [{ path: 'delayMs', message: 'give deliverAt or delayMs, not both' }]
  const errors: FieldError[] = []
  if (deliverAt !== undefined && Date.parse(deliverAt) > nowMs + MAX_DELAY_MS)
    errors.push({ path: 'deliverAt', message: 'must be at most 30 days ahead' })
  if (deliverAt !== undefined && expiresAt !== undefined && Date.parse(expiresAt) <= Date.parse(deliverAt))
    errors.push({ path: 'expiresAt', message: 'must be later than deliverAt' })
  return errors
}

function checkCallback({ judgeCallbackUrl }: AcceptDeps, { callbackUrl }: EventInput): FieldError[] {
  const message = callbackUrl === undefined ? undefined : judgeCallbackUrl(callbackUrl)
  return message === undefined ? [] : [{ path: 'callbackUrl', message }]
}

function notBeforeOf({ deliverAt, delayMs }: EventInput): NewEvent['notBefore'] {
  if (deliverAt !== undefined) return { atMs: Date.parse(deliverAt) }
  return delayMs === undefined ? undefined : { delayMs }
}

function contextOf(
  { extensions }: EventInput,
  given: CloudEventContext | undefined,
): CloudEventContext | undefined {
  return extensions === undefined ? given : { ...given, extensions }
}

function envelope(input: EventInput, newEventId: () => string): Omit<ManifoldEvent, 'time' | 'data'> {
  return {
    id: input.id ?? newEventId(),
    type: input.type,
    source: input.source ?? 'manifold',
    subject: input.subject,
  }
}

function unknownTargetErrors(input: EventInput, names: readonly string[]): FieldError[] {
  return names.map((name) => ({
    path: `targets[${String(input.targets?.indexOf(name) ?? 0)}]`,
    message: `"${name}" is not configured`,
  }))
}
