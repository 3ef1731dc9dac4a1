/**
 * Operational events that are owed: what the script that settles puts on the outbox, `<what>/<detail>` behind the delivery
 * at which it happened. Paying is operational-events.ts.
 */
import type { DeadReason, DeliveryRef } from '@manifold/domain'

export type Happening =
  | { readonly what: 'dead'; readonly reason: DeadReason }
  | { readonly what: 'opened'; readonly atMs: number }
  | { readonly what: 'recovered'; readonly openedAtMs: number; readonly atMs: number }

export type OwedEvent = {
  readonly kind: 'operational'
  /** The delivery at which it happened. */
  readonly ref: DeliveryRef
  readonly happening: Happening
}

/** Whether it is one of those that are owed. */
export function isHappening(what: string): what is Happening['what'] {
  return what === 'dead' || what === 'opened' || what === 'recovered'
}

/** Reads `<what>/<detail>`, which the script wrote. */
export function readOwed(ref: DeliveryRef, text: string): OwedEvent {
  const [what = '', detail = ''] = text.split('/')
  switch (what) {
    case 'opened':
      return { kind: 'operational', ref, happening: { what, atMs: Number(detail) } }
    case 'recovered': {
      const [openedAt, at] = detail.split('-')
      return {
        kind: 'operational',
        ref,
        happening: { what, openedAtMs: Number(openedAt), atMs: Number(at) },
      }
    }
    default:
      return { kind: 'operational', ref, happening: { what: 'dead', reason: detail as DeadReason } }
  }
}

/** The form on the outbox. */
export function writeOwed({ happening }: OwedEvent): string {
  switch (happening.what) {
    case 'dead':
      return `dead/${happening.reason}`
    case 'opened':
      return `opened/${String(happening.atMs)}`
    case 'recovered':
      return `recovered/${String(happening.openedAtMs)}-${String(happening.atMs)}`
    default:
      return happening satisfies never
  }
}
