import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  memoryShare,
  nextGate,
  OPEN_GATE,
  RESUME_SHARE,
  roomBytes,
  storedBytes,
  type Gate,
  type Load,
  type LoadLimits,
} from './overload.ts'

const MIB = 1_048_576
const limits: LoadLimits = { maxBacklog: 0, maxBacklogOf: new Map(), maxMemoryPercent: 80 }

const loadOf = (usedBytes: number, waiting = 0, maxBytes = 64 * MIB): Load => ({
  memory: { usedBytes, maxBytes },
  backlogs: new Map([['crm', waiting]]),
})

const share = fc.double({ min: 0, max: 3, noNaN: true })

describe('a gate', () => {
  test('shuts at the limit, opens below nine tenths of it, and stays as it is in between', () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 1 }), (shares) => {
        let gate: Gate = OPEN_GATE
        for (const [index, value] of shares.entries()) {
          const before: Gate = gate
          gate = nextGate(gate, value, index * 250)
          if (value >= 1) expect(gate.kind).toBe('shut')
          else if (value < RESUME_SHARE) expect(gate.kind).toBe('open')
          else expect(gate.kind).toBe(before.kind)
        }
      }),
    )
  })

  test('names a time to ask again that is between a second and half a minute', () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 1 }), (shares) => {
        let gate: Gate = OPEN_GATE
        for (const [index, value] of shares.entries()) {
          gate = nextGate(gate, value, index * 250)
          if (gate.kind === 'shut') {
            expect(gate.retryAfterSeconds).toBeGreaterThanOrEqual(1)
            expect(gate.retryAfterSeconds).toBeLessThanOrEqual(30)
          }
        }
      }),
    )
  })

  test('names the time by how fast it drains', () => {
    const shut = nextGate(OPEN_GATE, 1.5, 0)
    // A tenth in five seconds, and half of the limit to go.
    expect(nextGate(shut, 1.4, 5_000)).toMatchObject({ kind: 'shut', retryAfterSeconds: 25 })
    expect(nextGate(shut, 1, 5_000)).toMatchObject({ kind: 'shut', retryAfterSeconds: 1 })
  })
})

describe('memory', () => {
  test('is at its limit at the percentage of maxmemory, and has none without maxmemory', () => {
    expect(memoryShare(loadOf(64 * MIB * 0.8), limits)).toBeCloseTo(1)
    expect(memoryShare(loadOf(64 * MIB, 0, 0), limits)).toBe(0)
    expect(memoryShare(loadOf(64 * MIB), { ...limits, maxMemoryPercent: 0 })).toBe(0)
  })

  test('counts what the waiting deliveries will still take', () => {
    const waiting = 100_000
    expect(memoryShare(loadOf(30 * MIB), limits)).toBeLessThan(RESUME_SHARE)
    expect(memoryShare(loadOf(30 * MIB, waiting), limits)).toBeGreaterThanOrEqual(1)
  })

  test('three producers that fill their room between two looks, each with one body more, leave it below maxmemory', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 64 * MIB }), (usedBytes) => {
        const load = loadOf(usedBytes)
        if (memoryShare(load, limits) >= 1) return
        const most = usedBytes + 3 * (roomBytes(load, limits) + storedBytes(MIB, 3))
        expect(most).toBeLessThan(64 * MIB)
      }),
    )
  })

  test('leaves any room where there is no limit', () => {
    expect(roomBytes(loadOf(1, 0, 0), limits)).toBe(Infinity)
  })
})
