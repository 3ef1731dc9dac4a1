/** Queues: at rest the work queues are empty, and record, dead-letter queue, dead-letter list and backlog agree. */
import type { Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import type { QueueSeen } from '../snapshot.ts'

export function findQueuesDisagreeing(evidence: Evidence): Finding[] {
  return [...evidence.snapshot.queues.flatMap((queue) => ofQueue(queue, evidence)), ...ofList(evidence)]
}

function ofQueue({ target, jobs, deadJobIds, backlog }: QueueSeen, { cases }: Evidence): Finding[] {
  const own = cases.filter((one) => one.target === target)
  const dead = own.flatMap(({ promised, delivery }) =>
    delivery?.status === 'dead' ? [`${promised.eventId}.${String(delivery.generation)}`] : [],
  )
  const open = own.filter(({ delivery }) => isOpen(delivery?.status)).length
  return [
    ...(jobs === 0 ? [] : [disagree(target, `${String(jobs)} entries are left on its queue`)]),
    ...(backlog === open
      ? []
      : [disagree(target, `its backlog counts ${String(backlog)}, the records say ${String(open)}`)]),
    ...compare(target, 'on the dead-letter queue', deadJobIds, dead),
  ]
}

function ofList({ cases, snapshot }: Evidence): Finding[] {
  const dead = cases.filter(({ delivery }) => delivery?.status === 'dead').map(({ id }) => id)
  const listed = snapshot.deadLetters.map(({ id }) => id)
  return compare('dead letters', 'in the list of dead letters', listed, dead)
}

function compare(
  subject: string,
  where: string,
  is: readonly string[],
  should: readonly string[],
): Finding[] {
  const [present, wanted] = [new Set(is), new Set(should)]
  return [
    ...[...wanted]
      .filter((id) => !present.has(id))
      .map((id) => disagree(subject, `${id} is dead, and not ${where}`)),
    ...[...present]
      .filter((id) => !wanted.has(id))
      .map((id) => disagree(subject, `${id} is not dead, and ${where}`)),
    ...(is.length === present.size ? [] : [disagree(subject, `something is twice ${where}`)]),
  ]
}

function isOpen(status: string | undefined): boolean {
  return status === 'pending' || status === 'retrying' || status === 'deferred'
}

function disagree(subject: string, detail: string): Finding {
  return { kind: 'queues-disagree', subject, detail }
}
