import { expect, test } from 'vitest'
import type { Random } from '../random.ts'
import { runChain } from './chain.ts'

/** Draws so many. @returns what was drawn, what each drew for itself, and what broke */
async function draw(seed: number, count: number, breaks = ''): Promise<Record<'drawn' | 'broken', string[]>> {
  const drawn: string[] = []
  const broken: string[] = []
  const mishaps = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
    name,
    run: ({ random }: { readonly random: Random }) => {
      drawn.push(`${name} ${String(random.between(1, 1_000_000))}`)
      return name === breaks ? Promise.reject(new Error('broken')) : Promise.resolve()
    },
  }))
  await runChain({
    mishaps,
    seed,
    ground: {},
    isOver: () => drawn.length >= count,
    onDrawn: () => undefined,
    onBroken: (name) => {
      broken.push(name)
      return Promise.resolve()
    },
    pauseMs: [0, 0],
  })
  return { drawn, broken }
}

test('the same seed draws the same mishaps, which choose the same', async () => {
  const first = await draw(7, 12)
  expect(await draw(7, 12)).toEqual(first)
  expect(await draw(8, 12)).not.toEqual(first)
})

test('each comes before any comes again', async () => {
  const { drawn } = await draw(7, 10)
  const names = drawn.map((one) => one.slice(0, 1))
  expect(names.slice(0, 5).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(names.slice(5).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('one that throws is told of, and the next one is drawn', async () => {
  const { drawn, broken } = await draw(7, 10, 'c')
  expect(drawn).toHaveLength(10)
  expect(broken).toEqual(['c', 'c'])
})
