import { expect, test } from 'vitest'
import { readSettings, SettingsError } from './settings.ts'

test.each([' ', '0x10', '1e3', '+1', '-0', '0b1', '1_000', ' 80', '80 ', '８０'])(
  'a number is written in decimal digits: %j is refused',
  (text) => {
    for (const name of [
      'PORT',
      'MANIFOLD_MAX_BODY_BYTES',
      'MANIFOLD_RETENTION_DEAD_MS',
      'MANIFOLD_DRAIN_MS',
    ]) {
      expect(() => readSettings({ [name]: text })).toThrow(SettingsError)
      expect(() => readSettings({ [name]: text })).toThrow(`1 mistake(s):\n  ${name}: `)
    }
  },
)
