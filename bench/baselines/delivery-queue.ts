/** What adder and worker of the delivery baseline share: the queues, and what a job holds. */

export const BASELINE_QUEUES = ['alpha', 'beta', 'gamma']

/** The payload travels in the job: there is no record beside it. */
export type BaselineJob = { readonly id: string; readonly body: string }
