/**
 * Whatever is said over the WebSocket, it is answered as documented, or the connection ends with a code that says why; and
 * nothing is half done. Messages are made from the AsyncAPI document, and from nothing at all.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setContractStage, type ContractStage } from '../support/contract-stage.ts'
import { schemaJudge, type Judge } from '../support/contract.ts'
import { eventually } from '../support/eventually.ts'
import { exchange } from '../support/fuzz/connection.ts'
import { expectHealthy, expectNothingHalfDone } from '../support/fuzz/health.ts'
import { openLedger } from '../support/fuzz/ledger.ts'
import { contextOf } from '../support/fuzz/requests.ts'
import { FUZZ_TIMEOUT_MS, fuzzPlan } from '../support/fuzz/plan.ts'
import { socketFrames, type SocketFrame } from '../support/fuzz/socket-frames.ts'
import { openSocket, type Told, type TestSocket } from '../support/web-socket.ts'

const RUNS = 250

const RAW_RUNS = 80

/** How a connection may end: a broken frame, what is not UTF-8, one too large. */
const CODES: readonly number[] = [1002, 1007, 1009]

const ANSWERS: ReadonlySet<string> = new Set(['published', 'refused', 'subscribed', 'unsubscribed'])

const ledger = openLedger()

let stage: ContractStage
let judge: Judge
let schemas: Readonly<Record<string, object>>
let open: TestSocket | undefined
let asked = 0

/** On the connection that is open. */
let said = 0

beforeAll(async () => {
  stage = await setContractStage()
  const document = (await (await fetch(`${stage.system.url}/asyncapi.json`)).json()) as {
    components: { schemas: Readonly<Record<string, object>> }
  }
  schemas = document.components.schemas
  judge = schemaJudge(document)
})

afterAll(async () => {
  open?.socket.terminate()
  await stage.close()
})

const connect = () => openSocket(stage.system.url, ['manifold', `manifold.bearer.${stage.key}`])

const isAnswer = ({ message }: Told) => ANSWERS.has(message)

/** What was told on connections that have ended, too. */
const heard: Told[] = []

/** Says it, and asks behind it whether there is still somebody who answers. */
async function say(frame: SocketFrame): Promise<void> {
  const socket = (open ??= await connect())
  for (const [index, part] of frame.parts.entries()) {
    socket.socket.send(part, { binary: frame.isBinary, fin: index === frame.parts.length - 1 })
  }
  const answer = await Promise.race([
    socket.ask({ do: 'unsubscribe', subscription: `none-${String(++asked)}` }),
    socket.closed,
  ])
  if (typeof answer !== 'number') {
    expect(answer.message).toBe('refused')
    said += 2
    await eventually('an answer to each message', () => socket.told().filter(isAnswer).length === said)
    return
  }
  expect(CODES).toContain(answer)
  heard.push(...socket.told())
  open = undefined
  said = 0
}

test(
  'whatever is said, the next word is answered',
  async () => {
    await fc.assert(fc.asyncProperty(socketFrames(contextOf(schemas)), say), fuzzPlan(RUNS))
  },
  FUZZ_TIMEOUT_MS,
)

test(
  'bytes that are no frames end the connection, and no other',
  async () => {
    const handshake = [
      'GET /v1/ws HTTP/1.1',
      'Host: fuzz',
      `Authorization: Bearer ${stage.key}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      '',
      '',
    ].join('\r\n')
    const other = await connect()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, isAtOnce) => {
        const words = Buffer.from(bytes)
        const parts = isAtOnce ? [Buffer.concat([Buffer.from(handshake), words])] : [handshake, words]
        const [answer] = await exchange(stage.system.url, { parts })
        expect(answer?.status).toBe(101)
      }),
      fuzzPlan(RAW_RUNS),
    )
    expect((await other.ask({ do: 'unsubscribe', subscription: 'none' })).message).toBe('refused')
    other.socket.terminate()
  },
  FUZZ_TIMEOUT_MS,
)

test('everything that was told is documented, and tells of everything that was taken', async () => {
  heard.push(...(open?.told() ?? []))
  const met = new Set(heard.map(({ message }) => message))
  for (const message of ['published', 'subscribed', 'unsubscribed', 'refused']) {
    expect([...met]).toContain(message)
  }
  for (const one of heard) {
    expect(judge(['components', 'schemas', `Socket-${one.message}`], one), JSON.stringify(one)).toEqual([])
    if (one.message === 'published') ledger.note(String(one['id']))
  }
  await expectHealthy(stage, ledger)
  await expectNothingHalfDone(stage, ledger)
})
