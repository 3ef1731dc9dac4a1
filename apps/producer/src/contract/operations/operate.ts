/** Operations for probes, scrapers and readers. */
import type * as answers from '../answers/index.ts'
import type { Answer, Operation } from '../operation.ts'

const ok = { status: 'ok' } satisfies answers.Healthy

const livez: Operation = {
  id: 'livez',
  method: 'get',
  path: '/livez',
  tag: 'operation',
  summary: 'Does it live?',
  scope: 'none',
  answers: {
    200: { description: 'It does.', content: { 'application/json': { schema: 'Healthy', example: ok } } },
  },
  problems: [],
}

const readyz: Operation = {
  id: 'readyz',
  method: 'get',
  path: '/readyz',
  tag: 'operation',
  summary: 'Can it take events?',
  scope: 'none',
  answers: {
    200: {
      description: 'Redis answers.',
      content: { 'application/json': { schema: 'Healthy', example: ok } },
    },
    503: {
      description: 'Redis does not answer.',
      content: {
        'application/json': {
          schema: 'Failing',
          example: { status: 'failing', problem: 'Redis did not answer' } satisfies answers.Failing,
        },
      },
    },
  },
  problems: [],
}

const metrics: Operation = {
  id: 'metrics',
  method: 'get',
  path: '/metrics',
  tag: 'operation',
  summary: 'Metrics for Prometheus',
  scope: 'none',
  answers: {
    200: {
      description: 'In the text format.',
      content: {
        'text/plain': {
          schema: 'text',
          example: '# TYPE manifold_events_accepted_total counter\nmanifold_events_accepted_total 42\n',
        },
      },
    },
  },
  problems: [],
}

/** A document is made once, and has a name for its state. */
function documentOperation(
  id: string,
  path: string,
  summary: string,
  content: NonNullable<Answer['content']>,
): Operation {
  return {
    id,
    method: 'get',
    path,
    tag: 'operation',
    summary,
    scope: 'none',
    headers: ['If-None-Match'],
    answers: {
      200: { description: 'The document.', headers: ['ETag', 'Cache-Control'], content },
      304: { description: 'The copy you have is still good.', headers: ['ETag', 'Cache-Control'] },
    },
    problems: [],
    examples: [
      { name: 'whole', summary: 'The whole document', status: 200 },
      {
        name: 'unchanged',
        summary: 'Only if it is another one than before',
        headers: { 'If-None-Match': '"9f2c1e7ab0d84c55"' },
        status: 304,
      },
    ],
  }
}

const documents = [
  documentOperation('openapi', '/openapi.json', 'This document (OpenAPI 3.1)', {
    'application/json': { schema: 'object', example: { openapi: '3.1.1' } },
  }),
  documentOperation('asyncapi', '/asyncapi.json', 'The streams and callbacks (AsyncAPI 3)', {
    'application/json': { schema: 'object', example: { asyncapi: '3.0.0' } },
  }),
  documentOperation('docs', '/docs', 'This document as a page', {
    'text/html': { schema: 'text', example: '<!doctype html>' },
  }),
  documentOperation('docsStyle', '/docs/style.css', 'How the page looks', {
    'text/css': { schema: 'text', example: 'body { margin: 0 }' },
  }),
]

export const operateOperations: readonly Operation[] = [livez, readyz, metrics, ...documents]
