/** Judges a run as a whole: it was long and busy enough to say something. Pure. */
import type { Finding } from '../oracle/finding.ts'

export type Run = {
  /** How long its load went on. */
  readonly minutes: number
  /** Deliveries that targets took. */
  readonly delivered: number
  /** How often each kind of mishap was drawn. */
  readonly drawn: ReadonlyMap<string, number>
  readonly kinds: readonly string[]
}

/** 200,000 in half an hour. */
const PER_SECOND = 110

/** A shorter run need not have met every kind. */
const ALL_KINDS_MINUTES = 20

/** @returns why it proves less than it claims */
export function judgeRun({ minutes, delivered, drawn, kinds }: Run): Finding[] {
  const least = Math.round(minutes * 60 * PER_SECOND)
  const missing = minutes < ALL_KINDS_MINUTES ? [] : kinds.filter((kind) => !drawn.has(kind))
  return [
    ...(delivered >= least
      ? []
      : [broken('deliveries', `${String(delivered)} were made; at least ${String(least)} are wanted`)]),
    ...missing.map((kind) => broken(kind, 'it was never drawn')),
  ]
}

function broken(subject: string, detail: string): Finding {
  return { kind: 'promise-broken', subject, detail }
}
