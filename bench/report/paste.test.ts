import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SUITES } from '../suites/suites.ts'
import { paste } from './paste.ts'

const document = 'before <!-- bench:a -->old<!-- /bench:a --> between <!-- bench:b --><!-- /bench:b --> after'

test('replaces what is between the marks, and nothing else', () => {
  const once = paste(document, 'a', 'new')
  expect(once).toBe(
    'before <!-- bench:a -->\n\nnew\n\n<!-- /bench:a --> between <!-- bench:b --><!-- /bench:b --> after',
  )
  expect(paste(once, 'a', 'new')).toBe(once)
})

test('needs its marks', () => {
  expect(() => paste(document, 'c', 'new')).toThrow('no place for c')
})

test('docs/benchmarks.md has a place for every suite', () => {
  const page = readFileSync(new URL('../../docs/benchmarks.md', import.meta.url), 'utf8')
  for (const { name } of SUITES) expect(() => paste(page, name, 'x')).not.toThrow()
})
