import type { LookupAddress } from 'node:dns'
import { expect, test } from 'vitest'
import { shareLookups, type Resolve } from './share-lookups.ts'

const ADDRESS: LookupAddress = { address: '192.0.2.1', family: 4 }

/** A resolver whose answers wait until they are given. */
function slowResolver() {
  const asked: { hostname: string; answer: Parameters<Resolve>[2] }[] = []
  const resolve: Resolve = (hostname, _options, answer) => {
    asked.push({ hostname, answer })
  }
  return { resolve, asked }
}

function asker(resolve: Resolve) {
  const told: unknown[] = []
  const ask = (hostname: string, family?: number) => {
    resolve(hostname, { all: true, ...(family === undefined ? {} : { family }) }, (error, addresses) => {
      told.push(error ?? addresses)
    })
  }
  return { ask, told }
}

test('a name is looked up once at a time, and all who ask get its answer', () => {
  const { resolve, asked } = slowResolver()
  const { ask, told } = asker(shareLookups(resolve))
  for (let times = 0; times < 50; times++) ask('api.example')
  expect(asked).toHaveLength(1)
  asked[0]?.answer(null, [ADDRESS])
  expect(told).toEqual(Array.from({ length: 50 }, () => [ADDRESS]))
})

test('another name, and the same one asked for in another way, is looked up besides', () => {
  const { resolve, asked } = slowResolver()
  const { ask } = asker(shareLookups(resolve))
  ask('api.example')
  ask('other.example')
  ask('api.example', 6)
  expect(asked.map(({ hostname }) => hostname)).toEqual(['api.example', 'other.example', 'api.example'])
})

test('nothing is kept: after an answer, or a failure, the name is looked up anew', () => {
  const { resolve, asked } = slowResolver()
  const { ask, told } = asker(shareLookups(resolve))
  const failure = Object.assign(new Error('not now'), { code: 'EAI_AGAIN' })
  ask('api.example')
  asked[0]?.answer(failure, [])
  ask('api.example')
  asked[1]?.answer(null, [ADDRESS])
  expect(told).toEqual([failure, [ADDRESS]])
})
