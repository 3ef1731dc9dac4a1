/** What a bulk replay promises whoever stops it. What it survives when it is killed, the fault tests say. */
import { createLogger } from '@manifold/runtime'
import { createReplay, readReplay, scriptCalls } from '@manifold/store'
import { afterEach, expect, test } from 'vitest'
import { accept, bury, keptDelivery, refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { createReplayRunner } from './bulk-replay.ts'

const store = useTestStore()
const queues = useTestQueues(store)

afterEach(() => {
  scriptCalls.watch(() => undefined)
})

function startRunner(holder: string, signal: AbortSignal) {
  return createReplayRunner({
    store,
    queues,
    holder,
    signal,
    isKnown: (target) => target === 'crm',
    logger: createLogger('test', 'silent'),
    onCompleted: () => undefined,
    onError: (error) => {
      throw error
    },
  })
}

async function bringToEnd(holder: string, signal: AbortSignal): Promise<void> {
  const runner = startRunner(holder, signal)
  await runner.look()
  await runner.idle()
}

test('a replay that is told to stop in the middle of a chunk stops there; another carries on, and each counts once', async () => {
  const ids: string[] = []
  for (let count = 0; count < 8; count++) {
    const eventId = await accept(store)
    await bury(store, refOf(eventId))
    ids.push(eventId)
  }
  await createReplay(store, 'r1', { target: 'crm' })
  const stopping = new AbortController()
  let reopened = 0
  scriptCalls.watch((point) => {
    if (point === 'after:reopen-delivery' && ++reopened === 3) stopping.abort()
  })
  await bringToEnd('first', stopping.signal)
  expect(await readReplay(store, 'r1')).toMatchObject({
    status: 'running',
    matched: 8,
    replayed: 3,
    failed: 0,
  })

  await bringToEnd('second', new AbortController().signal)
  expect(await readReplay(store, 'r1')).toMatchObject({
    status: 'completed',
    matched: 8,
    replayed: 8,
    failed: 0,
  })
  for (const eventId of ids) expect((await keptDelivery(store, refOf(eventId))).generation).toBe(2)
  expect(await queues.of('crm').getJobCountByTypes('prioritized')).toBe(8)
})
