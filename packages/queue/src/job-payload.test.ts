import { JOB_VERSION } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import { bundleIdOf } from './bundle.ts'
import { jobIdOf, makeBundlePayload, makePayload, readPayload } from './job-payload.ts'

const ref = { eventId: 'evt_1', target: 'crm', generation: 2 }

test('a payload carries ids only, and reads back as the delivery it was made of', () => {
  const payload = makePayload(ref)
  expect(payload).toEqual({ v: 1, eventId: 'evt_1', generation: 2 })
  expect(readPayload('crm', 'any', payload)).toEqual({ kind: 'readable', refs: [ref] })
})

test('a payload is read for the target whose queue it is on', () => {
  expect(readPayload('email', 'any', makePayload(ref))).toMatchObject({ refs: [{ target: 'email' }] })
})

test('a field that a later version adds does not make a payload unreadable', () => {
  expect(readPayload('crm', 'any', { ...makePayload(ref), more: 1 })).toEqual({
    kind: 'readable',
    refs: [ref],
  })
})

test('each generation of a delivery is another job, and so is each event', () => {
  const ids = [
    ref,
    { ...ref, generation: 1 },
    { ...ref, eventId: 'evt_1.2' },
    { ...ref, eventId: 'evt_2' },
  ].map(jobIdOf)
  expect(ids).toEqual(['evt_1.2', 'evt_1.1', 'evt_1.2.2', 'evt_2.2'])
})

describe('a version', () => {
  const { newest } = JOB_VERSION

  test('is written with the oldest number that reads its form, so that older workers take what they can', () => {
    expect(makePayload(ref)).toMatchObject({ v: 1 })
    expect(makeBundlePayload([ref, ref])).toMatchObject({ v: 2 })
  })

  test.each(Array.from({ length: newest }, (_, index) => index + 1))('%i is read', (v) => {
    expect(readPayload('crm', 'any', { ...makePayload(ref), v })).toEqual({ kind: 'readable', refs: [ref] })
    expect(readPayload('crm', 'any', { ...makeBundlePayload([ref]), v })).toMatchObject({ refs: [ref] })
  })

  test.each([
    ['of the same form', { ...makePayload(ref), v: newest + 1 }],
    ['of another form', { v: newest + 1, what: ['nobody', 'knows'] }],
    ['much newer', { v: newest + 100 }],
  ])('that is newer is left to its workers, %s and under any id', (_title, data) => {
    for (const jobId of ['evt_1.2', bundleIdOf([ref]), 'another-kind-of-id'])
      expect(readPayload('crm', jobId, data)).toEqual({ kind: 'newer' })
  })
})

describe('a bundle', () => {
  const members = [ref, { ...ref, eventId: 'evt_2' }, { ...ref, eventId: 'evt_3', generation: 1 }]

  test('reads back as the deliveries it was made of, in order', () => {
    const reading = readPayload('crm', bundleIdOf(members), makeBundlePayload(members))
    expect(reading).toEqual({ kind: 'readable', refs: members })
  })

  test('that is broken is kept, for its id tells nobody what was in it', () => {
    const reading = readPayload('crm', bundleIdOf(members), { v: 2, deliveries: 'none' })
    expect(reading).toMatchObject({ kind: 'unreadable-bundle' })
  })

  test('without a delivery is unreadable', () => {
    expect(readPayload('crm', 'odd', { v: 2, deliveries: [] })).toMatchObject({ kind: 'foreign' })
  })
})

describe('an unreadable payload', () => {
  test.each([
    ['a version that never was', { v: 0, eventId: 'evt_1', generation: 2 }],
    ['a version of text', { v: '3', eventId: 'evt_1', generation: 2 }],
    ['no version', { eventId: 'evt_1', generation: 2 }],
    ['an empty event id', { v: 1, eventId: '', generation: 2 }],
    ['a generation below 1', { v: 1, eventId: 'evt_1', generation: 0 }],
    ['a broken generation', { v: 1, eventId: 'evt_1', generation: 1.5 }],
    ['text', 'evt_1'],
    ['nothing', undefined],
    ['null', null],
  ])('with %s is a value that names its job and, by the id, its delivery', (_name, data) => {
    const reading = readPayload('crm', 'evt_1.2', data)
    expect(reading).toMatchObject({ kind: 'unreadable', ref })
    expect(reading.kind === 'unreadable' && reading.error).toMatch(
      /^job evt_1\.2 has a payload of an unknown form/,
    )
  })

  test('under an id whose event part holds dots still names its delivery', () => {
    expect(readPayload('crm', 'my.event.v1.3', {})).toMatchObject({
      ref: { eventId: 'my.event.v1', generation: 3 },
    })
  })

  test.each(['42', '', 'evt_1', 'evt_1.x', '.1'])('under the foreign id "%s" names no delivery', (jobId) => {
    expect(readPayload('crm', jobId, {})).toMatchObject({ kind: 'foreign' })
  })
})
