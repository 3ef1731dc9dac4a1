/** Operations of `/v1/sources`. */
import * as answers from '../answers/index.ts'
import type { Operation } from '../operation.ts'
import { BODY_PROBLEMS } from '../problems-of.ts'

const receiveWebhook: Operation = {
  id: 'receiveWebhook',
  method: 'post',
  path: '/v1/sources/{source}',
  tag: 'webhooks',
  summary: 'Take a third party’s webhook',
  description:
    'The body is verified as bytes, in the way of its sender, before it is parsed; then the source in the config turns it into events. A webhook that is sent again is stored once. No API key is asked for: the signature is the key.',
  scope: 'none',
  headers: ['X-Hub-Signature-256', 'traceparent'],
  body: { '*/*': 'text' },
  answers: {
    200: {
      description: 'A handshake, as the sender wants it answered.',
      content: { 'text/plain': { schema: 'text', example: '3eZbrw1aB10FEMAGAZd4FyFQ' } },
    },
    202: {
      description: 'It is stored as events.',
      sometimes: ['Idempotent-Replayed'],
      content: { 'application/json': { schema: 'StoredWebhook', example: answers.storedWebhookExample } },
    },
    204: { description: 'It is genuine, and of no interest here.' },
  },
  problems: [
    ...BODY_PROBLEMS,
    'unsupported-media-type',
    'invalid-webhook-signature',
    'source-not-found',
    'event-id-taken',
    'target-overloaded',
    'overloaded',
    'webhook-refused',
  ],
  examples: [
    {
      name: 'push',
      summary: 'Signed with the secret `example`, as GitHub signs',
      headers: {
        'X-Hub-Signature-256': 'sha256=f3b11351952ccd472b09be895e1ff6dd4c1b3c070cb427f84304bc809961be11',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
      body: {
        type: 'application/json',
        value: '{"ref":"refs/heads/main","after":"4f1c2d","repository":{"full_name":"acme/shop"}}',
      },
      status: 202,
    },
    {
      name: 'ping',
      summary: 'One that its source makes nothing of',
      headers: {
        'X-Hub-Signature-256': 'sha256=5a501a0486466804ebfba3452079fbc4fae44709b742ca3be19ce919ecffddd3',
      },
      body: { type: 'application/json', value: '{"zen":"Keep it logically awesome."}' },
      status: 204,
    },
  ],
}

export const sourceOperations: readonly Operation[] = [receiveWebhook]
