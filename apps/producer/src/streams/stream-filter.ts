/**
 * Which messages of the live feed somebody wants to be told of.
 *
 * A message passes when it says what each part of the filter asks for. So `target` leaves the attempts and deliveries of that
 * target, and `status` the messages that say this status, of an event or of a delivery. Callbacks are told of when they are
 * asked for by their target: they are no events of any caller. Who may see some types only is told of none of Manifold's own events.
 */
import {
  CALLBACKS_TARGET,
  compileTypePattern,
  DELIVERY_STATUSES,
  EVENT_STATUSES,
  isCallbackEvent,
  isManifoldEvent,
  TARGET_NAME_PATTERN,
  typePatternError,
} from '@manifold/domain'
import { isPlace } from '@manifold/store'
import { z } from 'zod'
import type { StreamMessage } from './messages.ts'

/** What a caller may narrow the feed by. */
export const filterFields = {
  type: z
    .string()
    .refine((pattern) => typePatternError(pattern) === undefined, {
      error: 'must be an event type or a pattern: * is one segment, ** any number',
    })
    .optional(),
  target: z.string().regex(TARGET_NAME_PATTERN, 'must be the name of a target').optional(),
  status: z.enum([...new Set([...EVENT_STATUSES, ...DELIVERY_STATUSES])]).optional(),
}

/** A place in the feed, as messages give it. */
export const placeField = z
  .string()
  .refine(isPlace, { error: 'must be the id of a message of a stream, as it was given' })

export type StreamFilter = {
  readonly type?: string | undefined
  readonly target?: string | undefined
  readonly status?: string | undefined
  /** Whether the caller may see events of a type, unless they are Manifold's own; `undefined`: of any. */
  readonly mayUse?: ((type: string) => boolean) | undefined
}

/** Compiled once, asked for every message. */
export function compileFilter(filter: StreamFilter): (message: StreamMessage) => boolean {
  const { target, status, mayUse } = filter
  const takesType = filter.type === undefined ? undefined : compileTypePattern(filter.type)
  const wantsCallbacks = target === CALLBACKS_TARGET
  return (message) =>
    (wantsCallbacks || !isCallbackEvent(message.eventId ?? '')) &&
    (target === undefined || message.target === target) &&
    (status === undefined || message.status === status) &&
    (takesType === undefined || (message.type !== undefined && takesType(message.type))) &&
    (mayUse === undefined ||
      (message.type !== undefined && mayUse(message.type) && !isManifoldEvent(message.eventId ?? '')))
}
