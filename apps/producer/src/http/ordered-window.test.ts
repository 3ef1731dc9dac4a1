import { expect, test } from 'vitest'
import { createOrderedWindow } from './ordered-window.ts'

const LIMITS = { items: 3, bytes: 100 }

/** Work whose end is the test's to say. */
function work(name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return {
    start: () => promise,
    finish: () => {
      resolve(name)
    },
    fail: () => {
      reject(new Error(name))
    },
  }
}

/** Lets everything happen that waits for nothing but its turn. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

async function add(
  window: ReturnType<typeof createOrderedWindow<string>>,
  bytes: number,
  start: () => Promise<string>,
) {
  let added: boolean | undefined
  void window.add(bytes, start).then((value) => (added = value))
  await settle()
  return () => added
}

test('results come in the order of the items, whichever ends first', async () => {
  const window = createOrderedWindow<string>(LIMITS)
  const [first, second] = [work('first'), work('second')]
  await add(window, 1, first.start)
  await add(window, 1, second.start)
  window.end()
  second.finish()
  const results: string[] = []
  const reading = (async () => {
    for await (const result of window.results()) results.push(result)
  })()
  await settle()
  first.finish()
  await reading
  expect(results).toEqual(['first', 'second'])
})

test('a full window starts no more, until a result has been dealt with', async () => {
  const window = createOrderedWindow<string>(LIMITS)
  const works = ['a', 'b', 'c'].map(work)
  for (const one of works) await add(window, 1, one.start)
  const fourth = await add(window, 1, work('d').start)
  for (const one of works) one.finish()
  await settle()
  expect(fourth()).toBeUndefined()

  const results = window.results()
  expect(await results.next()).toEqual({ done: false, value: 'a' })
  await settle()
  expect(fourth(), 'taken, but not dealt with').toBeUndefined()
  expect(await results.next()).toEqual({ done: false, value: 'b' })
  await settle()
  expect(fourth()).toBe(true)
})

test('large items are fewer under way, and one larger than all room goes alone', async () => {
  const window = createOrderedWindow<string>(LIMITS)
  const [large, next] = [work('large'), work('next')]
  expect((await add(window, 1_000, large.start))()).toBe(true)
  const waiting = await add(window, 1, next.start)
  expect(waiting()).toBeUndefined()
  const results = window.results()
  large.finish()
  await results.next()
  void results.next()
  await settle()
  expect(waiting()).toBe(true)
})

test('one who stops taking results ends the adding, and what fails afterwards disturbs nobody', async () => {
  const window = createOrderedWindow<string>({ items: 2, bytes: 100 })
  const [first, second] = [work('first'), work('second')]
  await add(window, 1, first.start)
  await add(window, 1, second.start)
  const third = await add(window, 1, work('third').start)
  first.finish()
  for await (const result of window.results()) {
    expect(result).toBe('first')
    break
  }
  second.fail()
  await settle()
  expect(third()).toBe(false)
})

test('an error of the adding side comes behind the results of what was added before', async () => {
  const window = createOrderedWindow<string>(LIMITS)
  await window.add(1, () => Promise.resolve('first'))
  window.end({ error: new Error('cut off') })
  const results = window.results()
  expect(await results.next()).toEqual({ done: false, value: 'first' })
  await expect(results.next()).rejects.toThrow('cut off')
})
