/** Dead letters for a scenario to work on. */
import type { ReplayProgress } from '../stage/operator.ts'
import type { Stage } from '../stage/stage.ts'

/** Has alpha refuse so many events, and then be well again. @returns the ids of the dead letters */
export async function makeDeadLetters(stage: Stage, count: number): Promise<string[]> {
  await stage.receiver.behave('alpha', { kind: 'status', status: 422 })
  await stage.load({ events: count, targets: ['alpha'] }).ended
  await stage.until('all to be dead', async () => (await stage.operator.deadLetters()).length === count)
  await stage.receiver.behave('alpha', { kind: 'status', status: 200 })
  return (await stage.operator.deadLetters()).map(({ id }) => id)
}

/** Replays by filter, and waits until that is done. @returns what it came to */
export async function replayToEnd(
  stage: Stage,
  filter: Readonly<Record<string, unknown>>,
): Promise<ReplayProgress> {
  const replay = await stage.operator.replayAll(filter)
  let progress: ReplayProgress | undefined
  await stage.until('the replay', async () => {
    progress = await stage.operator.progress(replay)
    return progress.status === 'completed'
  })
  if (progress === undefined) throw new Error('waited for nothing')
  return progress
}

/** Expects that a replay took each of so many letters once. */
export function expectAllReplayed(
  stage: Stage,
  { matched, replayed, failed }: ReplayProgress,
  count: number,
): void {
  stage.expect(
    matched === count && replayed === count && failed === 0,
    'the replay counts each once',
    `${String(matched)} matched, ${String(replayed)} replayed, ${String(failed)} failed of ${String(count)}`,
  )
}

/** Asks until there is an answer: one that was lost leaves open whether it is discarded. */
export async function discardUntilAnswered(stage: Stage, deliveryId: string): Promise<number> {
  let status = 503
  await stage.until(`the discard of ${deliveryId}`, async () => {
    status = await stage.operator.discard(deliveryId).catch(() => 503)
    return status < 500
  })
  return status
}
