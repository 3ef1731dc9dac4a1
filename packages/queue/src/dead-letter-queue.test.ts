import { discardDelivery, reopenDelivery } from '@manifold/store'
import { expect, test } from 'vitest'
import { accept, bury, refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { buryDelivery, deadLetterJobIds } from './dead-letter-queue.ts'
import { reconcile } from './reconcile.ts'

const store = useTestStore()
const queues = useTestQueues(store)

const ref = refOf('evt_1', 'crm')

async function die(): Promise<void> {
  await accept(store, { id: 'evt_1', targets: ['crm'] })
  await bury(store, ref)
}

test('a dead delivery is put on the dead-letter queue, once, however often', async () => {
  await die()
  await buryDelivery(store, queues, ref, 'exhausted')
  await buryDelivery(store, queues, ref, 'exhausted')
  expect(await deadLetterJobIds(queues, 'crm')).toEqual(['evt_1.1'])
})

test('a worker that buries after a replay was made leaves nothing on the dead-letter queue', async () => {
  await die()
  const reopened = await reopenDelivery(store, 'evt_1', 'crm')
  if (reopened.kind !== 'reopened') throw new Error(reopened.kind)
  await reconcile(store, queues, [{ kind: 'delivery', ref: reopened.ref }])
  await buryDelivery(store, queues, ref, 'exhausted')
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([])
})

test('a worker that buries after a discard leaves nothing on the dead-letter queue', async () => {
  await die()
  await discardDelivery(store, 'evt_1', 'crm')
  await buryDelivery(store, queues, ref, 'exhausted')
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([])
})
