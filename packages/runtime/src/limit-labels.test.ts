import { expect, test } from 'vitest'
import { limitLabels } from './limit-labels.ts'

test('the first values are kept apart, later ones are counted together', () => {
  const label = limitLabels(2)
  expect(['a', 'b', 'c', 'a', 'b', 'd'].map(label)).toEqual(['a', 'b', 'other', 'a', 'b', 'other'])
})

test('what is too long for a label is counted with the others, and takes no place', () => {
  const label = limitLabels(1)
  expect([label('x'.repeat(101)), label('a')]).toEqual(['other', 'a'])
})
