/**
 * Operational events that are owed: what the script that settles puts on the outbox, `<what>/<detail>…` behind the delivery
 * at which it happened. Paying is operational-events.ts.
 */
import type { DeadReason, DeliveryRef } from '@manifold/domain'

export type Happening =
  | {
      readonly what: 'dead'
      readonly reason: DeadReason
      /** It is the last that is told one by one: until then no other death at the target is. */
      readonly untoldUntilMs: number | undefined
    }
  /** A target said that it is gone, at a death that is not told. */
  | { readonly what: 'gone' }
  | { readonly what: 'opened'; readonly atMs: number }
  | { readonly what: 'recovered'; readonly openedAtMs: number; readonly atMs: number }

/** The happenings that somebody is to be told of; the others are not owed. */
export type Heard = ReadonlySet<Happening['what']>

export const HEARS_NOTHING: Heard = new Set()

export type OwedEvent = {
  readonly kind: 'operational'
  /** The delivery at which it happened. */
  readonly ref: DeliveryRef
  readonly happening: Happening
}

/** Reads `<what>/<detail>…`, which a script wrote; `undefined` when a newer version did. */
export function readOwed(ref: DeliveryRef, text: string): OwedEvent | undefined {
  const happening = readHappening(text)
  return happening === undefined ? undefined : { kind: 'operational', ref, happening }
}

function readHappening(text: string): Happening | undefined {
  const [what = '', detail = '', more, ...rest] = text.split('/')
  if (rest.length > 0 || (more !== undefined && what !== 'dead')) return undefined
  switch (what) {
    case 'dead':
      return {
        what,
        reason: detail as DeadReason,
        untoldUntilMs: more === undefined ? undefined : Number(more),
      }
    case 'gone':
      return { what }
    case 'opened':
      return { what, atMs: Number(detail) }
    case 'recovered': {
      const [openedAt, at] = detail.split('-')
      return { what, openedAtMs: Number(openedAt), atMs: Number(at) }
    }
    default:
      return undefined
  }
}

/** The form on the outbox. */
export function writeOwed({ happening }: OwedEvent): string {
  switch (happening.what) {
    case 'dead': {
      const { reason, untoldUntilMs } = happening
      return untoldUntilMs === undefined ? `dead/${reason}` : `dead/${reason}/${String(untoldUntilMs)}`
    }
    case 'gone':
      return 'gone/-'
    case 'opened':
      return `opened/${String(happening.atMs)}`
    case 'recovered':
      return `recovered/${String(happening.openedAtMs)}-${String(happening.atMs)}`
    default:
      return happening satisfies never
  }
}
