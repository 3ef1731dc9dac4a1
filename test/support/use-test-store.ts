/** A file's own store, and queues on it, from its first test to its last; each test finds them empty. */
import { openQueues, type Queues } from '@manifold/queue'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startTestStore, type TestStore } from './store.ts'

/** To be used within tests and hooks: it is started before the first of them. */
export function useTestStore(): TestStore {
  let started: TestStore | undefined
  const own = () => started ?? neverStarted()
  beforeAll(async () => {
    started = await startTestStore()
  })
  beforeEach(() => own().clear())
  afterAll(() => own().close())
  return {
    get redis() {
      return own().redis
    },
    get retention() {
      return own().retention
    },
    get url() {
      return own().url
    },
    clear: () => own().clear(),
    close: () => own().close(),
  }
}

/** Queues on a store that `useTestStore` gave. */
export function useTestQueues(store: TestStore): Queues {
  let open: Queues | undefined
  const own = () => open ?? neverStarted()
  beforeAll(() => {
    open = openQueues(store.redis, () => undefined)
  })
  afterAll(() => own().close())
  return {
    now: () => own().now(),
    of: (target) => own().of(target),
    deadOf: (target) => own().deadOf(target),
    close: () => own().close(),
  }
}

function neverStarted(): never {
  throw new Error('only within a test or a hook')
}
