import { expect, test } from 'vitest'
import { inScope } from './scope.ts'

test('ends what was started, last first, and gives back what came of it', async () => {
  const order: string[] = []
  const result = await inScope(async ({ defer }) => {
    defer(() => void order.push('first'))
    defer(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      order.push('second')
    })
    order.push('body')
    return Promise.resolve('done')
  })
  expect(order).toEqual(['body', 'second', 'first'])
  expect(result).toBe('done')
})

test('ends it too when the body fails, or when ending something does', async () => {
  const order: string[] = []
  const failing = inScope(({ defer }) => {
    defer(() => void order.push('first'))
    defer(() => {
      throw new Error('will not end')
    })
    return Promise.resolve()
  })
  await expect(failing).rejects.toThrow('will not end')
  const broken = inScope(({ defer }) => {
    defer(() => void order.push('second'))
    return Promise.reject(new Error('broken'))
  })
  await expect(broken).rejects.toThrow('broken')
  expect(order).toEqual(['first', 'second'])
})
