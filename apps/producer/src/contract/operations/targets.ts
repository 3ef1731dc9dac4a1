/** Operations of `/v1/admin/targets`. */
import * as answers from '../answers/index.ts'
import type { Answer, Operation } from '../operation.ts'

const listTargets: Operation = {
  id: 'listTargets',
  method: 'get',
  path: '/v1/admin/targets',
  tag: 'targets',
  summary: 'List the targets',
  scope: 'admin',
  answers: {
    200: {
      description: 'Every target of the config, and what is left of those that were taken out of it.',
      content: {
        'application/json': {
          schema: 'TargetList',
          example: {
            items: [answers.targetExample],
            removed: [answers.removedTargetExample],
            nextCursor: null,
          } satisfies answers.TargetList,
        },
      },
    },
  },
  problems: [],
}

const asItIs: Record<200, Answer> = {
  200: {
    description: 'The target as it is now.',
    content: { 'application/json': { schema: 'Target', example: answers.targetExample } },
  },
}

const readTarget: Operation = {
  id: 'readTarget',
  method: 'get',
  path: '/v1/admin/targets/{target}',
  tag: 'targets',
  summary: 'Read a target',
  scope: 'admin',
  answers: asItIs,
  problems: ['target-not-found'],
}

const pauseTarget: Operation = {
  id: 'pauseTarget',
  method: 'post',
  path: '/v1/admin/targets/{target}/pause',
  tag: 'targets',
  summary: 'Pause a target',
  description: 'Its deliveries wait, and none is lost.',
  scope: 'admin',
  answers: asItIs,
  problems: ['target-not-found'],
}

const resumeTarget: Operation = {
  id: 'resumeTarget',
  method: 'post',
  path: '/v1/admin/targets/{target}/resume',
  tag: 'targets',
  summary: 'Resume a target',
  description: 'Also one that was paused because it answered 410.',
  scope: 'admin',
  answers: asItIs,
  problems: ['target-not-found'],
}

const resetBreaker: Operation = {
  id: 'resetBreaker',
  method: 'post',
  path: '/v1/admin/targets/{target}/breaker/reset',
  tag: 'targets',
  summary: 'Close the circuit breaker of a target',
  scope: 'admin',
  answers: asItIs,
  problems: ['target-not-found'],
}

export const targetOperations: readonly Operation[] = [
  listTargets,
  readTarget,
  pauseTarget,
  resumeTarget,
  resetBreaker,
]
