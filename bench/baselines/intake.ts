/**
 * Baseline of the intake: Express 5, a zod schema and one Redis SET per request. What a durable intake costs at the least
 * in this stack: no fan-out, no outbox, no status, no deduplication, no log line.
 */
import { randomUUID } from 'node:crypto'
import { fromEnvironment } from '@manifold/config'
import { announceReady, endWithParent, listenOn } from '@manifold/runtime'
import express from 'express'
import { Redis } from 'ioredis'
import { createServer } from 'node:http'
import { z } from 'zod'

const eventSchema = z.object({
  type: z.string().regex(/^[A-Za-z0-9._-]{1,255}$/),
  source: z.string().max(255).optional(),
  subject: z.string().max(255).optional(),
  data: z.json(),
})

endWithParent()
const redis = new Redis(fromEnvironment('REDIS_URL', 'redis://127.0.0.1:6379'))

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.post('/v1/events', express.json({ limit: '1mb' }), async (request, response) => {
  const parsed = eventSchema.safeParse(request.body)
  if (!parsed.success) {
    response.status(422).json({ error: z.prettifyError(parsed.error) })
    return
  }
  const id = randomUUID()
  const acceptedAt = new Date().toISOString()
  await redis.set(`event:${id}`, JSON.stringify({ id, acceptedAt, ...parsed.data }))
  response.status(202).location(`/v1/events/${id}`).json({ id, type: parsed.data.type, acceptedAt })
})

announceReady(await listenOn(createServer(app), '127.0.0.1', 0))
