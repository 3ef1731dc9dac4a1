/**
 * Routing: which targets an event goes to. Compiled once per config, then a plain walk.
 *
 * A filter that throws counts as a match: delivering to one API too many can be seen and mended,
 * an event silently not delivered cannot.
 */
import type { ManifoldEvent } from './event.ts'
import type { Target } from './target.ts'
import { isReservedType, namesReservedTypes } from './operational-event.ts'
import { compileTypePattern } from './type-pattern.ts'

export type Routable = Pick<Target, 'name' | 'subscribe' | 'filter'>

export type Routing =
  | {
      readonly kind: 'routed'
      readonly targets: readonly string[]
      readonly brokenFilters: readonly string[]
    }
  | { readonly kind: 'unknown-targets'; readonly names: readonly string[] }

/** Chooses the targets of an event: `explicit` names if given, else by subscription and filter. */
export type Router = (event: ManifoldEvent, explicit: readonly string[] | undefined) => Routing

type Route = Pick<Routable, 'name' | 'filter'> & { readonly wants: readonly ((type: string) => boolean)[] }

/** Types whose subscribers are remembered, since the same ones come again and again; callers may invent any number. */
const MAX_KNOWN_TYPES = 1_000

/** Types of Manifold's own go to those alone who name them: `**` is every event of a caller. */
function compileSubscription(pattern: string): (type: string) => boolean {
  const matches = compileTypePattern(pattern)
  return namesReservedTypes(pattern) ? matches : (type) => !isReservedType(type) && matches(type)
}

/** Compiles the subscriptions of a config once. */
export function compileRouter(targets: readonly Routable[]): Router {
  const names = new Set(targets.map((target) => target.name))
  const routes: readonly Route[] = targets.map((target) => ({
    name: target.name,
    filter: target.filter,
    wants: target.subscribe.map(compileSubscription),
  }))

  const known = new Map<string, readonly Route[]>()
  const subscribedTo = (type: string): readonly Route[] => {
    const before = known.get(type)
    if (before !== undefined) return before
    const wanting = routes.filter((route) => route.wants.some((test) => test(type)))
    if (known.size === MAX_KNOWN_TYPES) known.clear()
    known.set(type, wanting)
    return wanting
  }

  return (event, explicit) => {
    if (explicit !== undefined) {
      const unknown = explicit.filter((name) => !names.has(name))
      if (unknown.length > 0) return { kind: 'unknown-targets', names: unknown }
      return { kind: 'routed', targets: [...new Set(explicit)], brokenFilters: [] }
    }
    const chosen: string[] = []
    const brokenFilters: string[] = []
    for (const route of subscribedTo(event.type)) {
      if (route.filter !== undefined) {
        try {
          if (!route.filter(event)) continue
        } catch {
          brokenFilters.push(route.name)
        }
      }
      chosen.push(route.name)
    }
    return { kind: 'routed', targets: chosen, brokenFilters }
  }
}
