import { createApiKey, parseApiKeys, type ApiKey } from '@manifold/config'
import { expect, test, vi } from 'vitest'
import { ANYBODY, hasEnded, onceEnded, whyEnded, type Caller } from './caller.ts'
import { createCallerIdentifier, type CallerIdentifier } from './identify-caller.ts'

const made = (...given: Parameters<typeof createApiKey>) => {
  const { key, entry } = createApiKey(...given)
  const [apiKey] = parseApiKeys(entry).keys
  if (apiKey === undefined) throw new Error('the entry is none')
  return { header: `Bearer ${key}`, apiKey }
}

async function callerOf({ identify }: CallerIdentifier, header: string): Promise<Caller | undefined> {
  const reading = await identify(header)
  return reading.kind === 'caller' ? reading.caller : undefined
}

const shop = made('shop', ['publish'], ['order.*'])
const ops = made('ops', ['admin'])

test('a key that is as it was stays whose it was, whatever becomes of others', async () => {
  const callers = createCallerIdentifier([shop.apiKey, ops.apiKey], undefined)
  const before = await callerOf(callers, shop.header)
  const again: ApiKey = { ...shop.apiKey, scopes: new Set(shop.apiKey.scopes) }
  const desk = made('desk', ['read'])
  expect(callers.replaceKeys([desk.apiKey, again])).toEqual({
    added: ['desk'],
    removed: ['ops'],
    changed: [],
  })
  expect(await callerOf(callers, shop.header)).toBe(before)
  expect(before !== undefined && hasEnded(before)).toBe(false)
  expect(await callerOf(callers, ops.header)).toBeUndefined()
  expect(await callerOf(callers, desk.header)).toMatchObject({ name: 'desk' })
})

test.each([
  ['taken out', []],
  ['of other scopes', [{ ...shop.apiKey, scopes: new Set(['read'] as const) }]],
  ['of other types', [{ ...shop.apiKey, types: ['**'] }]],
  ['of all types', [{ name: 'shop', scopes: shop.apiKey.scopes, hash: shop.apiKey.hash }]],
  ['another one', [made('shop', ['publish'], ['order.*']).apiKey]],
])('who came with a key that is now %s has ended, once', async (_what, next) => {
  const callers = createCallerIdentifier([shop.apiKey, ops.apiKey], undefined)
  const before = await callerOf(callers, shop.header)
  if (before === undefined) throw new Error('the key is not known')
  const [ended, forgotten] = [vi.fn(), vi.fn()]
  onceEnded(before, ended)
  onceEnded(before, forgotten)()
  const changes = callers.replaceKeys([...next, ops.apiKey])
  expect(changes).toEqual(
    next.length === 0
      ? { added: [], removed: ['shop'], changed: [] }
      : { added: [], removed: [], changed: ['shop'] },
  )
  callers.replaceKeys([ops.apiKey])
  expect(ended).toHaveBeenCalledOnce()
  expect(forgotten).not.toHaveBeenCalled()
  expect(hasEnded(before)).toBe(true)
  expect(whyEnded(before)).toBe('the key was withdrawn')
  const late = vi.fn()
  onceEnded(before, late)
  expect(late).toHaveBeenCalledOnce()
})

test('without keys and tokens everybody may do everything, for good', () => {
  const { identify, replaceKeys } = createCallerIdentifier([], undefined)
  replaceKeys([shop.apiKey])
  expect(identify(undefined)).toBe(ANYBODY)
})
