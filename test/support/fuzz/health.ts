/** Whether a producer is as it was, after whatever it was sent. */
import { expect } from 'vitest'
import type { ContractStage } from '../contract-stage.ts'
import { eventually } from '../eventually.ts'
import type { Ledger } from './ledger.ts'

const ALARMING: ReadonlySet<string> = new Set(['error', 'fatal'])

/** The lines of these levels that a caller can cause: for a target that refuses, and a source that makes no good event. */
const MEANT: ReadonlySet<unknown> = new Set(['dead letter', 'toEvent gave no good event'])

/** It is ready, and takes an event and delivers it. Whatever was paused goes on. */
export async function expectHealthy({ system, api }: ContractStage, ledger: Ledger): Promise<void> {
  expect((await fetch(`${system.url}/readyz`)).status).toBe(200)
  for (const target of ['crm', 'billing']) {
    expect((await api.call('POST', `/v1/admin/targets/${target}/resume`)).status).toBe(200)
  }
  const { status, body } = await api.post({ type: 'order.placed', data: 'healthy?', targets: ['crm'] })
  expect(status).toBe(202)
  ledger.note(body.id)
  await eventually(
    `${body.id} to be delivered`,
    async () => (await api.event(body.id)).status === 'delivered',
  )
}

/**
 * Nothing was taken and denied, or said to be taken and lost; and nobody complained of a bug.
 * @param unanswered of how many requests nobody was told anything: they may have been taken
 */
export async function expectNothingHalfDone(
  { system, api }: ContractStage,
  ledger: Ledger,
  unanswered = 0,
): Promise<void> {
  const { unsaid, missing } = await ledger.differences(api)
  expect(missing).toEqual([])
  expect(unsaid.slice(unanswered)).toEqual([])
  expect(system.logs().filter(({ level, msg }) => ALARMING.has(String(level)) && !MEANT.has(msg))).toEqual([])
}
