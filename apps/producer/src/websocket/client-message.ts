/** What a client may say over a WebSocket: JSON texts, each with what to do. */
import { EVENT_ID_PATTERN, fieldErrors } from '@manifold/domain'
import { z } from 'zod'
import { parseJson } from '../http/parse-json.ts'
import { problem, type Problem } from '../http/problem.ts'
import { filterFields, placeField } from '../streams/stream-filter.ts'

/** The client's own name for what it asked: it comes back with the answer. */
const ref = z.string().max(128).optional()

const clientMessageSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('publish'),
    ref,
    event: z.unknown(),
    idempotencyKey: z.string().optional(),
  }),
  z
    .strictObject({
      do: z.literal('subscribe'),
      ref,
      eventId: z.string().regex(EVENT_ID_PATTERN, 'must be the id of an event').optional(),
      ...filterFields,
      after: placeField.optional(),
    })
    .refine(({ eventId, type, target, status }) => eventId === undefined || !(type ?? target ?? status), {
      path: ['eventId'],
      error: 'give eventId, or a filter, not both',
    }),
  z.strictObject({ do: z.literal('unsubscribe'), ref, subscription: z.string() }),
])

export type ClientMessage = z.infer<typeof clientMessageSchema>
export type Publish = Extract<ClientMessage, { do: 'publish' }>
export type Subscribe = Extract<ClientMessage, { do: 'subscribe' }>

export type ClientMessageReading =
  | { readonly kind: 'message'; readonly message: ClientMessage }
  | { readonly kind: 'problem'; readonly ref: string | undefined; readonly problem: Problem }

/** Reads one frame. */
export function readClientMessage(frame: Uint8Array, isBinary: boolean): ClientMessageReading {
  if (isBinary) {
    const detail = 'it is a binary frame; send text'
    return { kind: 'problem', ref: undefined, problem: problem('malformed-json', { detail }) }
  }
  const json = parseJson(frame)
  if (json.kind === 'problem') return { ...json, ref: undefined }
  const parsed = clientMessageSchema.safeParse(json.value)
  if (parsed.success) return { kind: 'message', message: parsed.data }
  const errors = fieldErrors(parsed.error)
  return { kind: 'problem', ref: refOf(json.value), problem: problem('invalid-request', { errors }) }
}

function refOf(value: unknown): string | undefined {
  const given = ref.safeParse(typeof value === 'object' && value !== null && 'ref' in value ? value.ref : '')
  return given.success && given.data !== '' ? given.data : undefined
}
