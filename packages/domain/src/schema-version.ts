/**
 * The versions of what processes leave for each other in Redis, so that those of two versions may run side by side
 * (docs/deploys.md says what changed in which).
 *
 * A process reads every version up to its own. What a newer one wrote it leaves as it is, for those that know it.
 * A thing is written under the oldest version that knows its form, so that as many as may be can read it.
 */

/** Of jobs: the version that each form is written under, and the newest that is read. */
export const JOB_VERSION = { delivery: 1, bundle: 2, newest: 2 } as const satisfies Readonly<
  Record<string, number>
>

/** Of records: the states of deliveries in the event record, and bulk replays. The scripts are given it (packages/store, script.ts). */
export const RECORD_VERSION: number = 1
