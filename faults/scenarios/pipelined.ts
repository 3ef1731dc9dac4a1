import type { Stage } from '../stage/stage.ts'
import { TARGETS } from '../stage/targets.ts'
import { anyone } from './anyone.ts'
import type { Scenario } from './scenario.ts'
import { isExpected, type Weather } from './weather.ts'
import { dial, requestBytes } from './wire.ts'

const PIPELINED = 50
const ANSWERED_MS = 10_000

/** 50 requests on one connection, and each once more later. @param name of their keys */
export async function pipeline(stage: Stage, name: string, weather: Weather): Promise<void> {
  const events = Array.from({ length: PIPELINED }, (_, n) => ({
    key: `${name}-${String(n)}`,
    targets: TARGETS,
  }))
  const socket = await dial(anyone(stage.producers()).port)
  let heard = ''
  socket.on('data', (chunk) => (heard += chunk.toString()))
  const whole = () => readAnswers(heard).filter(({ isWhole }) => isWhole)
  socket.write(events.map(requestBytes).join(''))
  let isClosed = false
  socket.once('close', () => (isClosed = true))
  const isOver = () => whole().length === PIPELINED || (weather === 'rough' && isClosed)
  await stage.until('every answer', isOver, ANSWERED_MS).catch((error: unknown) => {
    if (weather === 'calm') throw error
  })
  socket.destroy()
  const answers = whole()
  const unexpected = answers.map(({ status }) => status).filter((status) => !isExpected(status, weather))
  stage.expect(unexpected.length === 0, 'each is taken', unexpected.join())
  const again = await Promise.all(events.map((event) => stage.post(event)))
  const wrong = answers.filter(({ id }, index) => id !== undefined && id !== again[index])
  stage.expect(wrong.length === 0, 'answers in order', `${String(wrong.length)} ids came in another place`)
}

type Answer = { readonly status: number; readonly id: string | undefined; readonly isWhole: boolean }

/** The answers on a connection, in their order; the last one may not have come whole. */
function readAnswers(heard: string): Answer[] {
  return heard
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((text) => text !== '')
    .map((text) => {
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1])
      const id = status === 202 ? /\{"id":"([^"]+)"/.exec(text)?.[1] : undefined
      return { status, id, isWhole: status !== 202 || id !== undefined }
    })
}

export const pipelined: Scenario = {
  name: 'pipelined',
  title: 'Requests pipelined on one connection',
  promise: 'each is answered, in order, and taken once',
  run: async (stage) => {
    for (let round = 0; round < stage.size(3, 20); round++)
      await pipeline(stage, `pipelined-${String(round)}`, 'calm')
  },
}
