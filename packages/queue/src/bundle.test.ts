import { expect, test } from 'vitest'
import { refOf } from '../../../test/support/store.ts'
import { bundleIdOf, bundleSizeOf, intoBundles, isBundleId, MAX_BUNDLE } from './bundle.ts'
import { jobIdOf } from './job-payload.ts'

const refs = (count: number) => Array.from({ length: count }, (_, index) => refOf(`evt_${String(index)}`))

test.each([
  [1, [1]],
  [20, [20]],
  [21, [11, 10]],
  [60, [20, 20, 20]],
  [61, [16, 16, 16, 13]],
])('%i deliveries are split into groups of %j', (count, sizes) => {
  const groups = intoBundles(refs(count), 20)
  expect(groups.map((group) => group.length)).toEqual(sizes)
  expect(groups.flat()).toEqual(refs(count))
})

test.each([
  [1, 1],
  [4, 2],
  [5, 3],
  [50, MAX_BUNDLE],
])(
  'a worker of %i slots gets bundles of at most %i: what it cannot begin soon, another one may',
  (concurrency, size) => {
    expect(bundleSizeOf({ concurrency })).toBe(size)
  },
)

test('where BullMQ has to count deliveries, a job carries one', () => {
  expect(bundleSizeOf({ concurrency: 50, rateLimit: { max: 1, perMs: 1 } })).toBe(1)
  expect(bundleSizeOf({ concurrency: 50, maxConcurrency: 5 })).toBe(1)
})

test('the same deliveries make the same id, others another', () => {
  expect(bundleIdOf(refs(3))).toBe(bundleIdOf(refs(3)))
  expect(bundleIdOf(refs(3))).not.toBe(bundleIdOf(refs(4)))
})

test('the id of a bundle is told from that of a delivery, however its event is called', () => {
  expect(isBundleId(bundleIdOf(refs(3)))).toBe(true)
  expect(isBundleId(jobIdOf(refOf('bundle-of-mine')))).toBe(false)
})
