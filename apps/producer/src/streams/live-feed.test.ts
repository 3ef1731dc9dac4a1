import type { Change } from '@manifold/store'
import { beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import type { Follower } from '../changes/change-hub.ts'
import { createLiveFeed, type FeedReader, type LiveFeed } from './live-feed.ts'
import type { Types } from './type-lookup.ts'

let follower: Follower | undefined
let feed: LiveFeed
let lookUps: { resolve: (types: Types) => void; reject: (error: Error) => void }[]
const errors: unknown[] = []

beforeEach(() => {
  follower = undefined
  lookUps = []
  errors.length = 0
  feed = createLiveFeed({
    hub: {
      follow: (one) => {
        follower = one
        return {
          ready: Promise.resolve(),
          stop: () => {
            follower = undefined
          },
        }
      },
      followers: () => 0,
      close: () => Promise.resolve(),
    },
    lookUpTypes: () => new Promise((resolve, reject) => lookUps.push({ resolve, reject })),
    onError: (error) => errors.push(error),
  })
})

const settled = (entry: number): Change => ({
  id: `${String(entry)}-0.0`,
  eventId: 'evt_1',
  atMs: entry,
  kind: 'settled',
  status: 'delivered',
})

function reader(): FeedReader & { readonly seen: string[] } {
  const seen: string[] = []
  return {
    seen,
    onMessages: (messages) => seen.push(...messages.map(({ place, type }) => `${place} ${String(type)}`)),
    onGap: () => seen.push('gap'),
  }
}

test('types are looked up once a reading for all, and readings and gaps stay in order', async () => {
  const [one, other] = [reader(), reader()]
  feed.follow(one)
  feed.follow(other)
  follower?.onChanges([settled(1)])
  follower?.onGap()
  follower?.onChanges([settled(2)])
  expect(lookUps).toHaveLength(1)
  lookUps[0]?.resolve(new Map([['evt_1', 'a.b']]))
  await eventually('the next', () => lookUps.length === 2)
  lookUps[1]?.resolve(new Map())
  const all = ['1-0.0 a.b', 'gap', '2-0.0 undefined']
  await eventually('all', () => other.seen.length === 3)
  expect(one.seen).toEqual(all)
  expect(other.seen).toEqual(all)
})

test('a look-up that fails is made again, and nothing is told before', async () => {
  const one = reader()
  feed.follow(one)
  follower?.onChanges([settled(1)])
  lookUps[0]?.reject(new Error('away'))
  await eventually('again', () => lookUps.length === 2)
  expect(one.seen).toEqual([])
  lookUps[1]?.resolve(new Map())
  await eventually('it is told', () => one.seen.length === 1)
  expect(errors).toEqual([new Error('away')])
})

test('when too much waits, those who follow start anew', async () => {
  const one = reader()
  feed.follow(one)
  for (let entry = 1; entry <= 150; entry++) follower?.onChanges([settled(entry)])
  lookUps[0]?.resolve(new Map())
  await eventually('the gap', () => {
    lookUps.at(-1)?.resolve(new Map())
    return one.seen.at(-1)?.startsWith('150-')
  })
  expect(one.seen.slice(0, 3)).toEqual(['1-0.0 undefined', 'gap', expect.stringMatching(/^10\d-/)])
})

test('one that throws disturbs no other; when all have left, the hub is left', async () => {
  const broken: FeedReader = {
    onMessages: () => {
      throw new Error('mine')
    },
    onGap: () => undefined,
  }
  const one = reader()
  const followings = [feed.follow(broken), feed.follow(one)]
  follower?.onChanges([settled(1)])
  lookUps[0]?.resolve(new Map())
  await eventually('it is told', () => one.seen.length === 1)
  expect(errors).toEqual([new Error('mine')])
  for (const { stop } of followings) stop()
  expect(follower).toBeUndefined()
})
