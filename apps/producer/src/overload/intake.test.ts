import { storedBytes, type Load, type LoadLimits, type OverloadReason } from '@manifold/domain'
import { expect, test } from 'vitest'
import { createGates } from './intake.ts'

const MIB = 1_048_576

const noLimits: LoadLimits = { maxBacklog: 0, maxBacklogOf: new Map(), maxMemoryPercent: 80 }

const loadOf = (crm: number, usedBytes = 0, maxBytes = 64 * MIB): Load => ({
  memory: { usedBytes, maxBytes },
  backlogs: new Map([
    ['crm', crm],
    ['email', 0],
  ]),
})

function gates() {
  const refused: OverloadReason[] = []
  let wakes = 0
  const own = createGates({
    onRefused: (reason) => refused.push(reason),
    onNoRoom: () => {
      wakes++
    },
  })
  const look = (load: Load, limits: LoadLimits = noLimits, nowMs = 0) => {
    own.beginLook()
    return own.look(load, limits, nowMs)
  }
  return { ...own, lookAt: look, refused, wakes: () => wakes }
}

const eventFor = (...targets: string[]) => [{ payload: '1', targets }]

test('a store that is nearly full takes nothing, and takes it again when there is room', () => {
  const { lookAt, refusal, admit, shut } = gates()
  expect(lookAt(loadOf(0, 60 * MIB))).toEqual([{ reason: 'memory', target: undefined, gate: 'shut' }])
  expect(refusal()).toMatchObject({ kind: 'overloaded', reason: 'memory' })
  expect(admit(eventFor('crm'))).toMatchObject({ reason: 'memory' })
  expect(shut()).toEqual({ memory: true, backlog: false, targets: 0 })
  expect(lookAt(loadOf(0, 50 * MIB))).toEqual([])
  expect(lookAt(loadOf(0, 20 * MIB))).toEqual([{ reason: 'memory', target: undefined, gate: 'open' }])
  expect(refusal()).toBeUndefined()
})

test('between two looks no more comes in than there was room for, and the want of room asks for a look', () => {
  const { lookAt, admit, wakes, refused } = gates()
  lookAt(loadOf(0, 20 * MIB))
  const payload = 'x'.repeat(MIB)
  let stored = 0
  while (admit([{ payload, targets: ['crm'] }]) === undefined) stored += storedBytes(MIB, 1)
  expect(stored).toBeGreaterThan(4 * MIB)
  expect(stored).toBeLessThan(10 * MIB)
  expect(wakes()).toBe(1)
  expect(refused).toEqual(['memory'])
})

test('what is let in while a look is under way is not in its measure, and counts', () => {
  const { beginLook, look, admit, stored } = gates()
  const limits = { ...noLimits, maxBacklog: 3 }
  beginLook()
  look(loadOf(0), limits, 0)
  expect(admit(eventFor('crm'))).toBeUndefined()
  stored(eventFor('crm'))
  beginLook()
  expect(admit(eventFor('crm', 'email'))).toBeUndefined()
  look(loadOf(1), limits, 250)
  expect(admit(eventFor('crm'))).toMatchObject({ reason: 'backlog' })
})

test('what the store has not answered yet counts at every look, and once it has only as far as it was measured', () => {
  const { lookAt, admit, stored } = gates()
  const limits = { ...noLimits, maxBacklog: 10, maxBacklogOf: new Map([['crm', 2]]) }
  lookAt(loadOf(0), limits)
  const waiting = [...eventFor('crm'), ...eventFor('crm', 'email')]
  expect(admit(waiting)).toBeUndefined()
  for (const nowMs of [250, 500, 750]) {
    lookAt(loadOf(0), limits, nowMs)
    expect(admit(eventFor('crm'))).toMatchObject({ reason: 'target', target: 'crm' })
  }
  stored(waiting)
  lookAt(loadOf(1), limits, 1_000)
  expect(admit(eventFor('crm'))).toBeUndefined()
})

test('bytes and deliveries that the store has not answered yet take from the room for all', () => {
  const { lookAt, admit, stored } = gates()
  const payload = 'x'.repeat(6 * MIB)
  const arrivals = [{ payload, targets: ['crm', 'email'] }]
  lookAt(loadOf(0, 40 * MIB))
  expect(admit(arrivals)).toBeUndefined()
  lookAt(loadOf(0, 40 * MIB), noLimits, 250)
  expect(admit(eventFor('crm'))).toMatchObject({ reason: 'memory' })
  stored(arrivals)
  const limits = { ...noLimits, maxBacklog: 2 }
  lookAt(loadOf(0, 20 * MIB), limits, 500)
  expect(admit(arrivals)).toBeUndefined()
  lookAt(loadOf(0, 20 * MIB), limits, 750)
  expect(admit(eventFor('crm'))).toMatchObject({ reason: 'backlog' })
})

test('a target at its limit refuses its own events, and an event for several as a whole', () => {
  const { lookAt, admit, refusal, shut } = gates()
  const limits = { ...noLimits, maxBacklogOf: new Map([['crm', 2]]) }
  expect(lookAt(loadOf(2), limits)).toEqual([{ reason: 'target', target: 'crm', gate: 'shut' }])
  expect(refusal()).toBeUndefined()
  expect(admit(eventFor('email'))).toBeUndefined()
  expect(admit(eventFor('email', 'crm'))).toMatchObject({ reason: 'target', target: 'crm' })
  expect(admit([...eventFor('email'), ...eventFor('crm')])).toMatchObject({ target: 'crm' })
  expect(shut()).toEqual({ memory: false, backlog: false, targets: 1 })
  lookAt(loadOf(1), limits, 250)
  expect(admit(eventFor('crm'))).toBeUndefined()
  expect(admit(eventFor('crm'))).toMatchObject({ reason: 'target', target: 'crm' })
})

test('a target that has left the config holds nobody up', () => {
  const { lookAt, admit } = gates()
  lookAt(loadOf(5), { ...noLimits, maxBacklogOf: new Map([['crm', 2]]) })
  lookAt({ memory: { usedBytes: 0, maxBytes: 0 }, backlogs: new Map() })
  expect(admit(eventFor('crm'))).toBeUndefined()
})

test('without limits everything comes in', () => {
  const { lookAt, admit, refused } = gates()
  lookAt(loadOf(1_000_000, 60 * MIB, 0), { ...noLimits, maxMemoryPercent: 0 })
  for (let count = 0; count < 100; count++) expect(admit(eventFor('crm', 'email'))).toBeUndefined()
  expect(refused).toEqual([])
})
