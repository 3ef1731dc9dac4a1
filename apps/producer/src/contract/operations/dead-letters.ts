/** Operations of `/v1/admin/dead-letters` and `/v1/admin/replays`. */
import { listQuery } from '../../http/dead-letters.ts'
import * as answers from '../answers/index.ts'
import type { Operation } from '../operation.ts'
import { JSON_PROBLEMS } from '../problems-of.ts'

const listDeadLetters: Operation = {
  id: 'listDeadLetters',
  method: 'get',
  path: '/v1/admin/dead-letters',
  tag: 'dead letters',
  summary: 'List dead letters',
  description: 'Newest first. A page with a rare filter may be short and still have a `nextCursor`.',
  scope: 'admin',
  query: listQuery,
  answers: {
    200: {
      description: 'A page of dead letters.',
      content: {
        'application/json': {
          schema: 'DeadLetterPage',
          example: {
            items: [answers.deadLetterExample],
            nextCursor: null,
          } satisfies answers.DeadLetterPage,
        },
      },
    },
  },
  problems: ['invalid-query', 'invalid-cursor'],
  examples: [
    { name: 'newest', summary: 'The newest', status: 200 },
    {
      name: 'filtered',
      summary: 'Of one target, type and reason, within a time',
      query: {
        target: 'billing',
        type: 'order.placed',
        reason: 'exhausted',
        after: '2026-01-01T00:00:00Z',
        before: '2027-01-01T00:00:00Z',
        limit: '20',
      },
      status: 200,
    },
    {
      name: 'next',
      summary: 'The next page',
      query: { cursor: 'WzE3Njk4NTE4MDI0MDAsImV2dF8wMUtHOVEyVjdNNVQzWFc4RTRSNllCMU5EQy1iaWxsaW5nIl0' },
      status: 200,
    },
  ],
}

const readDeadLetter: Operation = {
  id: 'readDeadLetter',
  method: 'get',
  path: '/v1/admin/dead-letters/{deliveryId}',
  tag: 'dead letters',
  summary: 'Read a dead letter, with its data and attempts',
  scope: 'admin',
  answers: {
    200: {
      description: 'All there is to know about it.',
      content: {
        'application/json': { schema: 'DeadLetterDetail', example: answers.deadLetterDetailExample },
      },
    },
  },
  problems: ['dead-letter-not-found'],
}

const replayDeadLetter: Operation = {
  id: 'replayDeadLetter',
  method: 'post',
  path: '/v1/admin/dead-letters/{deliveryId}/replay',
  tag: 'dead letters',
  summary: 'Replay a dead letter',
  description: 'It keeps its delivery id, and starts its next generation with all its attempts anew.',
  scope: 'admin',
  answers: {
    202: {
      description: 'It is on its way again.',
      headers: ['Location'],
      content: {
        'application/json': { schema: 'ReplayedDelivery', example: answers.replayedDeliveryExample },
      },
    },
  },
  problems: ['dead-letter-not-found', 'target-not-found', 'delivery-not-dead', 'newer-record'],
}

const discardDeadLetter: Operation = {
  id: 'discardDeadLetter',
  method: 'delete',
  path: '/v1/admin/dead-letters/{deliveryId}',
  tag: 'dead letters',
  summary: 'Discard a dead letter',
  description: 'Its delivery becomes `discarded`, for good.',
  scope: 'admin',
  answers: { 204: { description: 'It is no longer a dead letter.' } },
  problems: ['dead-letter-not-found', 'target-not-found', 'delivery-not-dead', 'newer-record'],
}

const replayByFilter: Operation = {
  id: 'replayByFilter',
  method: 'post',
  path: '/v1/admin/dead-letters/replay',
  tag: 'dead letters',
  summary: 'Replay dead letters by filter',
  description:
    'Takes what had died before it was asked for, oldest first, in the background, and takes nothing twice.',
  scope: 'admin',
  body: { 'application/json': 'ReplayFilter' },
  answers: {
    202: {
      description: 'It has begun.',
      headers: ['Location'],
      content: { 'application/json': { schema: 'ReplayStarted', example: answers.replayStartedExample } },
    },
  },
  problems: [...JSON_PROBLEMS, 'invalid-request'],
  examples: [
    {
      name: 'target',
      summary: 'All that one target could not be sent, at a given rate',
      body: {
        type: 'application/json',
        value: { target: 'billing', reason: 'exhausted', ratePerSecond: 20 },
      },
      status: 202,
    },
    {
      name: 'period',
      summary: 'The first hundred of a type that died within a time',
      body: {
        type: 'application/json',
        value: {
          type: 'order.placed',
          after: '2026-01-01T00:00:00Z',
          before: '2026-02-01T00:00:00Z',
          limit: 100,
        },
      },
      status: 202,
    },
  ],
}

const readReplay: Operation = {
  id: 'readReplay',
  method: 'get',
  path: '/v1/admin/replays/{replayId}',
  tag: 'dead letters',
  summary: 'Read how far a replay has come',
  scope: 'admin',
  answers: {
    200: {
      description: 'Its progress; kept for 7 days.',
      content: { 'application/json': { schema: 'Replay', example: answers.replayExample } },
    },
  },
  problems: ['replay-not-found'],
}

export const deadLetterOperations: readonly Operation[] = [
  listDeadLetters,
  readDeadLetter,
  replayDeadLetter,
  discardDeadLetter,
  replayByFilter,
  readReplay,
]
