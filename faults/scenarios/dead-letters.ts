/** Dead letters for a scenario to work on. */
import type { Stage } from '../stage/stage.ts'

/** Has alpha refuse so many events, and then be well again. @returns the ids of the dead letters */
export async function makeDeadLetters(stage: Stage, count: number): Promise<string[]> {
  await stage.receiver.behave('alpha', { kind: 'status', status: 422 })
  await stage.load({ events: count, targets: ['alpha'] }).ended
  await stage.until('all to be dead', async () => (await stage.operator.deadLetters()).length === count)
  await stage.receiver.behave('alpha', { kind: 'status', status: 200 })
  return (await stage.operator.deadLetters()).map(({ id }) => id)
}
