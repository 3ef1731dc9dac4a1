/**
 * Every schema that has a name in the documents, and how zod's schemas become theirs.
 *
 * Answers are open: a field may be added to one at any time. Requests are closed, as the routes are.
 */
import { eventInputSchema } from '@manifold/domain'
import { z } from 'zod'
import { replayBody } from '../http/dead-letters.ts'
import * as answers from './answers/index.ts'
import { cloudEvent } from './requests/cloud-event.ts'

const REQUESTS = {
  CloudEvent: cloudEvent,
  CloudEventBatch: z.array(cloudEvent).describe('A batch of CloudEvents.'),
  EventBatch: z.array(eventInputSchema).min(1).max(10_000).describe('Events, of which each is judged alone.'),
  EventInput: eventInputSchema,
  ReplayFilter: replayBody,
  ...named('Socket', answers.SOCKET_REQUESTS),
}

const ANSWERS = {
  Accepted: answers.accepted,
  Aggregate: answers.aggregate,
  Attempt: answers.attempt,
  AttemptList: answers.attemptList,
  BatchItem: answers.batchItem,
  BatchLine: answers.batchLine,
  BatchResult: answers.batchResult,
  BatchSummary: answers.batchSummary,
  DeadReason: answers.deadReason,
  DeadLetter: answers.deadLetter,
  DeadLetterDetail: answers.deadLetterDetail,
  DeadLetterPage: answers.deadLetterPage,
  Delivery: answers.delivery,
  DeliveryStatus: answers.deliveryStatus,
  Event: answers.event,
  EventStatus: answers.eventStatus,
  EventPage: answers.eventPage,
  Failing: answers.failing,
  Healthy: answers.healthy,
  Links: answers.links,
  LastAttempt: answers.lastAttempt,
  Problem: answers.problem,
  Replay: answers.replay,
  ReplayStarted: answers.replayStarted,
  ReplayedDelivery: answers.replayedDelivery,
  StreamMessage: z
    .union(Object.values(answers.STREAM_MESSAGES))
    .describe('A message of a stream; its name stands in the frame.'),
  StoredWebhook: answers.storedWebhook,
  SettledCallback: answers.settledCallback,
  Target: answers.target,
  TargetList: answers.targetList,
  ...named('Stream', answers.STREAM_MESSAGES),
  ...named('Socket', answers.SOCKET_ANSWERS),
}

export type SchemaName = keyof typeof REQUESTS | keyof typeof ANSWERS

export type JsonSchema = z.core.JSONSchema.BaseSchema

export function refTo(name: SchemaName): { readonly $ref: string } {
  return { $ref: `${PLACE}${name}` }
}

const PLACE = '#/components/schemas/'

/** A group of schemas, each under its own name behind the group's. */
function named<Group extends string, Schemas extends Record<string, z.ZodType>>(
  group: Group,
  schemas: Schemas,
) {
  const entries = Object.entries(schemas).map(([name, schema]) => [`${group}-${name}`, schema])
  return Object.fromEntries(entries) as {
    [Name in keyof Schemas & string as `${Group}-${Name}`]: Schemas[Name]
  }
}

/** The named schemas that a part of a document refers to, directly or through others; by name. */
export function schemasReferredToBy(part: unknown): Record<string, JsonSchema> {
  const all = { ...toJsonSchemas(REQUESTS, 'input'), ...toJsonSchemas(ANSWERS, 'output') }
  const found = new Set<string>()
  const look = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([\w-]+)"/g)) {
      if (found.has(name)) continue
      found.add(name)
      look(all[name])
    }
  }
  look(part)
  return Object.fromEntries(Object.entries(all).filter(([name]) => found.has(name)))
}

function toJsonSchemas(schemas: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output') {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id })
  const made = z.toJSONSchema(registry, { io, unrepresentable: 'any', uri: (id) => PLACE + id, override })
  for (const schema of Object.values(made.schemas)) {
    // The document says once for all which dialect it is, and where its schemas are.
    delete schema.$schema
    delete schema.$id
  }
  return made.schemas
}

/** The properties of a query's schema, as they are sent. */
export function queryProperties(
  query: z.ZodObject,
): { name: string; required: boolean; schema: JsonSchema }[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input', override })
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    required: required.includes(name),
    schema: typeof schema === 'object' ? schema : {},
  }))
}

type Override = NonNullable<z.core.ToJSONSchemaParams['override']>

/** Leaves out what zod says only for its own sake: the pattern behind a format, the bounds of a double. */
const override: Override = ({ zodSchema, jsonSchema }) => {
  const { def } = zodSchema._zod
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (def.type === 'readonly') delete jsonSchema.readOnly
  if (def.type === 'object' && def.catchall === undefined) delete jsonSchema.additionalProperties
}
