/** What is documented of the WebSocket is so: every example is sent, and every message that comes is as the document says. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SOCKET_REQUEST_EXAMPLES } from '../../apps/producer/src/contract/answers/index.ts'
import { schemaJudge, type Judge } from '../support/contract.ts'
import { setContractStage, settledEvent, type ContractStage } from '../support/contract-stage.ts'
import { eventually } from '../support/eventually.ts'

type Message = { readonly message: string; readonly ref?: string }

let stage: ContractStage
let judge: Judge
let socket: WebSocket
const messages: Message[] = []

beforeAll(async () => {
  stage = await setContractStage()
  const document = (await (await fetch(`${stage.system.url}/asyncapi.json`)).json()) as {
    components: { schemas: object }
  }
  judge = schemaJudge(document)
  const url = `${stage.system.url.replace('http', 'ws')}/v1/ws`
  socket = new WebSocket(url, ['manifold', `manifold.bearer.${stage.key}`])
  socket.addEventListener('message', ({ data }) => {
    messages.push(JSON.parse(String(data)) as Message)
  })
  await eventually('the socket to open', () => socket.readyState === WebSocket.OPEN)
})

afterAll(async () => {
  socket.close()
  await stage.close()
})

const say = (message: object) => {
  socket.send(JSON.stringify(message))
}

const heard = (name: string) => eventually(name, () => messages.find(({ message }) => message === name))

/** In the order in which they make sense: what is unsubscribed is what was subscribed before. */
test('every example of a request is answered under its ref', async () => {
  const { subscribe, publish, unsubscribe } = SOCKET_REQUEST_EXAMPLES
  say(subscribe)
  expect((await heard('subscribed')).ref).toBe(subscribe.ref)
  say(publish)
  expect((await heard('published')).ref).toBe(publish.ref)
  for (const name of ['accepted', 'attempt', 'delivery', 'settled']) await heard(name)
  say(unsubscribe)
  expect((await heard('unsubscribed')).ref).toBe(unsubscribe.ref)
})

test('one event is shown as a whole and followed to its end', async () => {
  say({ do: 'subscribe', ref: 'one', eventId: await settledEvent(stage.api, 'crm') })
  await heard('event')
  await heard('ended')
})

test('what is asked wrongly is refused, with a problem', async () => {
  say({ do: 'dance', ref: 'wrong' })
  expect((await heard('refused')).ref).toBe('wrong')
})

test('every message that came is as documented', () => {
  for (const message of messages) {
    expect(
      judge(['components', 'schemas', `Socket-${message.message}`], message),
      JSON.stringify(message),
    ).toEqual([])
  }
})
