/**
 * The receiver: the downstream APIs of a run, all in one, scripted by target; and the witness of what reached them.
 *
 * - `ANY /t/<target>`: answers as the target's script says, and writes a line when the request is over
 * - `PUT /behaviour/<target>`: a new script; `{"kind":"status","status":200}` until then
 * - `POST /flush`: what is still under way is written down as it stands
 */
import { createHash } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listenOn } from '@manifold/runtime'
import type { RequestLine } from '../oracle/receiver-log.ts'
import { behaviour, chooseAnswer, OK, type Behaviour } from './behaviour.ts'
import { respond } from './respond.ts'

export type ReceiverOptions = {
  readonly logFile: string
  /** In [0, 1). */
  readonly random: () => number
}

/** @returns the port it listens on */
export async function startReceiver({ logFile, random }: ReceiverOptions): Promise<number> {
  const scripts = new Map<string, Behaviour>()
  const attempts = new Map<string, number>()
  const open = new Set<() => void>()
  const log = openSync(logFile, 'a')
  const note = (line: RequestLine) => {
    writeSync(log, `${JSON.stringify(line)}\n`)
  }

  const receive = async (
    target: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const atMs = Date.now()
    const deliveryId = String(request.headers['webhook-id'])
    const attempt = (attempts.get(deliveryId) ?? 0) + 1
    attempts.set(deliveryId, attempt)
    const came: { body?: Buffer; retryAfterMs: number | null; enough: number | null } = {
      retryAfterMs: null,
      enough: null,
    }
    const { socket } = request
    const writtenBefore = socket.bytesWritten
    const over = (status: number | null) => {
      if (!open.delete(cut)) return
      const { body, retryAfterMs } = came
      note({
        atMs,
        endedMs: Date.now(),
        target,
        deliveryId,
        idempotencyKey: String(request.headers['idempotency-key']),
        key: body === undefined ? '' : keyIn(body),
        bodyHash: body === undefined ? '' : createHash('sha256').update(body).digest('hex').slice(0, 16),
        attempt,
        status,
        answerBytes: socket.bytesWritten - writtenBefore,
        retryAfterMs: status === null ? null : retryAfterMs,
      })
    }
    const cut = () => {
      over(came.enough)
    }
    open.add(cut)
    response.once('finish', () => {
      over(response.statusCode)
    })
    response.once('close', cut)
    const body = await readBody(request)
    if (body === undefined) return
    came.body = body
    const answer = chooseAnswer(scripts.get(target) ?? OK, attempt, Date.now(), random())
    await respond({ request, response }, answer, {
      onAsked: (waitMs) => {
        came.retryAfterMs = waitMs
      },
      onEnough: (status) => {
        came.enough = status
      },
    })
  }

  const control = async (path: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = /^\/behaviour\/(.+)$/.exec(path)?.[1]
    if (target !== undefined) {
      const text = (await readBody(request))?.toString() ?? ''
      scripts.set(target, behaviour.parse(JSON.parse(text)))
    } else if (path === '/flush') {
      for (const cut of open) cut()
    }
    response.writeHead(204).end()
  }

  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const target = /^\/t\/([^/?]+)/.exec(path)?.[1]
    const handling =
      target === undefined ? control(path, request, response) : receive(target, request, response)
    handling.catch((error: unknown) => {
      // A script that cannot be read is the scenario's mistake: the run must not go on.
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    })
  })
  return listenOn(server, '127.0.0.1', 0)
}

/** `undefined` when it did not come whole. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return undefined
  }
  return Buffer.concat(chunks)
}

/** The driver puts its own name of the event into the data. */
function keyIn(body: Buffer): string {
  return /"driverKey":"([^"]*)"/.exec(body.toString())?.[1] ?? ''
}
