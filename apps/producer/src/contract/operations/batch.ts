/** Operations that take many events at once. */
import * as answers from '../answers/index.ts'
import type { Answer, Operation } from '../operation.ts'
import { BODY_PROBLEMS } from '../problems-of.ts'
import { CLOUD_EVENT } from './cloud-event-example.ts'

const order = { type: 'order.placed', data: { orderId: 'B1', total: 3 } }

const misspelt = { type: 'order.placed', dta: {} }

/** A batch of CloudEvents is answered in the same way wherever it is sent. */
export const batchAnswer: Answer = {
  description: 'A result for each item; a bad one does not sink the others.',
  content: { 'application/json': { schema: 'BatchResult', example: answers.batchResultExample } },
}

const publishBatch: Operation = {
  id: 'publishBatch',
  method: 'post',
  path: '/v1/events/batch',
  tag: 'events',
  summary: 'Accept many events',
  description:
    'Each item is accepted or refused as if it had come alone, and has its result in order. NDJSON (also as `application/ndjson` or `application/jsonl`) may have any number of lines, and is answered line by line while it is sent: read the answer meanwhile. With an `Idempotency-Key` the same batch, in the same order, can be sent again.',
  scope: 'publish',
  answersWithoutStore: true,
  headers: ['Idempotency-Key', 'traceparent'],
  body: {
    'application/json': 'EventBatch',
    'application/x-ndjson': { each: 'EventInput' },
    'application/cloudevents-batch+json': 'CloudEventBatch',
  },
  answers: {
    200: {
      description: 'A result for each item; a bad one does not sink the others.',
      content: {
        ...batchAnswer.content,
        'application/x-ndjson': { schema: { each: 'BatchLine' }, example: answers.batchLinesExample },
      },
    },
  },
  problems: [
    ...BODY_PROBLEMS,
    'unsupported-media-type',
    'invalid-idempotency-key',
    'invalid-batch',
    'overloaded',
  ],
  examples: [
    {
      name: 'array',
      summary: 'As a JSON array, that can be sent again',
      headers: {
        'Idempotency-Key': '1d0c6f4e-0f43-4d0c-8c4c-6a1f5f1f0b6e',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
      body: { type: 'application/json', value: [order, { ...order, id: 'order-B2' }] },
      status: 200,
    },
    {
      name: 'lines',
      summary: 'As NDJSON, with one line that is wrong',
      body: {
        type: 'application/x-ndjson',
        value: [order, misspelt].map((line) => `${JSON.stringify(line)}\n`).join(''),
      },
      status: 200,
    },
    {
      name: 'cloudEvents',
      summary: 'As a batch of CloudEvents',
      body: {
        type: 'application/cloudevents-batch+json',
        value: [CLOUD_EVENT, { ...CLOUD_EVENT, id: 'C2' }],
      },
      status: 200,
    },
  ],
}

export const batchOperations: readonly Operation[] = [publishBatch]
