/** What adder and worker of the delivery baseline share: the queues, and what a job holds. */

/** One queue for each target, named like the targets. */
export const BASELINE_QUEUES = ['alpha', 'beta', 'gamma']

/** The payload travels in the job: there is no record beside it. */
export type BaselineJob = { readonly id: string; readonly body: string }
