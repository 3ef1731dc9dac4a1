/** docs/metrics.md says what a producer and a worker measure: every metric that they show, and no other. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentedMetrics } from '../support/documented-metrics.ts'
import { scrape, startMeasuredSystem, type MeasuredSystem } from '../support/measured-system.ts'
import { readMetrics } from '../support/metrics-text.ts'

const PARTS = ['producer', 'worker'] as const

let measured: MeasuredSystem

beforeAll(async () => {
  measured = await startMeasuredSystem()
})

afterAll(() => measured.close())

/** Only Linux tells all of these. */
const isShownHere = ({ name }: { name: string }) =>
  process.platform === 'linux' || !name.startsWith('process_')

describe.each(PARTS)('what a %s shows', (part) => {
  const documented = documentedMetrics().filter(({ parts }) => parts.includes(part))

  test('is on the page, and what is on the page is shown: names, types and words', async () => {
    const shown = readMetrics(await scrape(measured.urls[part]))
    const facts = ({ name, type, help }: { name: string; type: string; help: string }) => ({
      name,
      type,
      help,
    })
    const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name)
    expect(shown.filter(isShownHere).map(facts).sort(byName)).toEqual(
      documented.filter(isShownHere).map(facts).sort(byName),
    )
  })

  test('has the labels that the page names', async () => {
    const shown = readMetrics(await scrape(measured.urls[part]))
    const labels = new Map(documented.map((one) => [one.name, one.labels]))
    const sampled = shown.filter((one) => one.labels !== undefined)
    expect(sampled.length).toBeGreaterThan(40)
    for (const one of sampled) expect(one.labels, one.name).toEqual(labels.get(one.name))
  })

  test('holds no id and no URL', async () => {
    const text = await scrape(measured.urls[part])
    expect(text).not.toMatch(/evt_|http:|127\.0\.0\.1/)
  })
})

test('no metric is on the page twice', () => {
  const names = documentedMetrics().map(({ name }) => name)
  expect(names).toEqual([...new Set(names)])
})

test('while Redis is away the page is served, the shared gauges keep their values, and redis_up says so', async () => {
  const { redis } = measured.system
  await redis.kill()
  try {
    for (const part of PARTS) {
      const text = await scrape(measured.urls[part])
      expect(text).toContain(`manifold_redis_up{part="${part}"} 0`)
      expect(text).toContain(`manifold_dead_letters{target="billing",part="${part}"} 1`)
    }
  } finally {
    await redis.start()
  }
})
