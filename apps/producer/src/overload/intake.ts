/**
 * The intake gates of a producer: whether events may come in, by what was measured last and what was let in since.
 *
 * Owns the gates and the room that is left until the next look. It is asked for every event and answers from memory; what
 * is measured, and when, is watch-load.ts.
 */
import {
  memoryShare,
  nextGate,
  OPEN_GATE,
  roomBytes,
  shareOf,
  storedBytes,
  totalBacklog,
  type Gate,
  type Load,
  type LoadLimits,
  type OverloadReason,
} from '@manifold/domain'

/** Why an event is refused now. */
export type Overloaded = {
  readonly kind: 'overloaded'
  readonly reason: OverloadReason
  /** The one of which too much waits. */
  readonly target: string | undefined
  readonly retryAfterSeconds: number
}

/** An event that could be stored. */
export type Arrival = { readonly payload: string; readonly targets: readonly string[] }

export type Intake = {
  /** Asked before a request is read: whether it would be refused whatever it holds. */
  readonly refusal: () => Overloaded | undefined
  /** Lets events in, all of them or none; to be asked right before they are stored. */
  readonly admit: (arrivals: readonly Arrival[]) => Overloaded | undefined
  /** To be told of all that was let in, once the store has answered, or failed to: until then no measure need hold it. */
  readonly stored: (arrivals: readonly Arrival[]) => void
}

/** A gate that has just shut or opened. */
export type GateChange = {
  readonly reason: OverloadReason
  readonly target: string | undefined
  readonly gate: Gate['kind']
}

export type Gates = Intake & {
  /** To be told before the load is measured: what was let in until then, and is stored, is in the measure. */
  readonly beginLook: () => void
  /** @returns which gates have changed */
  readonly look: (load: Load, limits: LoadLimits, nowMs: number) => readonly GateChange[]
  readonly shut: () => { readonly memory: boolean; readonly backlog: boolean; readonly targets: number }
}

export type GatesDeps = {
  readonly onRefused: (reason: OverloadReason) => void
  /** The room is used up: time for a look. */
  readonly onNoRoom: () => void
}

/** What may come in until the next look. */
type Room = { bytes: number; deliveries: number; readonly of: Map<string, number> }

/** What came in. */
type Tally = { bytes: number; deliveries: number; readonly of: Map<string, number> }

/** A look is due at once when the room is used up. */
const NO_ROOM_RETRY_SECONDS = 1

/** All gates are open until the first look. */
export function createGates({ onRefused, onNoRoom }: GatesDeps): Gates {
  let memory: Gate = OPEN_GATE
  let backlog: Gate = OPEN_GATE
  const targets = new Map<string, Gate>()
  let room: Room = { bytes: Infinity, deliveries: Infinity, of: new Map() }
  // Let in and not answered by the store yet. Where replicas are waited for, that is on its way for longer than a look is apart.
  const underWay: Tally = { bytes: 0, deliveries: 0, of: new Map() }
  // Let in since the look began whose measure is still to come, and what was under way then: the measure may be without it.
  let arrived: Tally = { bytes: 0, deliveries: 0, of: new Map() }

  const whole = (): Overloaded | undefined => {
    if (memory.kind === 'shut') return overloaded('memory', undefined, memory.retryAfterSeconds)
    if (backlog.kind === 'shut') return overloaded('backlog', undefined, backlog.retryAfterSeconds)
    if (room.bytes > 0 && room.deliveries > 0) return undefined
    onNoRoom()
    return overloaded(room.bytes > 0 ? 'backlog' : 'memory', undefined, NO_ROOM_RETRY_SECONDS)
  }

  const ofTargets = (names: readonly string[]): Overloaded | undefined => {
    for (const name of names) {
      const gate = targets.get(name)
      if (gate?.kind === 'shut') return overloaded('target', name, gate.retryAfterSeconds)
      if ((room.of.get(name) ?? 1) > 0) continue
      onNoRoom()
      return overloaded('target', name, NO_ROOM_RETRY_SECONDS)
    }
    return undefined
  }

  const take = (arrival: Arrival): void => {
    const bytes = bytesOf(arrival)
    count(underWay, arrival, bytes, 1)
    count(arrived, arrival, bytes, 1)
    room.bytes -= bytes
    room.deliveries -= arrival.targets.length
    if (room.of.size === 0) return
    for (const name of arrival.targets) {
      const left = room.of.get(name)
      if (left !== undefined) room.of.set(name, left - 1)
    }
  }

  const counted = (refused: Overloaded | undefined): Overloaded | undefined => {
    if (refused !== undefined) onRefused(refused.reason)
    return refused
  }

  return {
    refusal: () => counted(whole()),
    admit: (arrivals) => {
      let refused = whole()
      for (const arrival of arrivals) refused ??= ofTargets(arrival.targets)
      if (refused === undefined) for (const arrival of arrivals) take(arrival)
      return counted(refused)
    },
    stored: (arrivals) => {
      for (const arrival of arrivals) count(underWay, arrival, bytesOf(arrival), -1)
    },
    beginLook: () => {
      arrived = { ...underWay, of: new Map(underWay.of) }
    },
    look: (load, limits, nowMs) => {
      const changes: GateChange[] = []
      const step = (
        reason: OverloadReason,
        target: string | undefined,
        before: Gate,
        share: number,
      ): Gate => {
        const gate = nextGate(before, share, nowMs)
        if (gate.kind !== before.kind) changes.push({ reason, target, gate: gate.kind })
        return gate
      }
      const total = totalBacklog(load)
      memory = step('memory', undefined, memory, memoryShare(load, limits))
      backlog = step('backlog', undefined, backlog, shareOf(total, limits.maxBacklog))
      const of = new Map<string, number>()
      for (const [name, open] of load.backlogs) {
        const limit = limits.maxBacklogOf.get(name) ?? 0
        targets.set(name, step('target', name, targets.get(name) ?? OPEN_GATE, shareOf(open, limit)))
        if (limit > 0) of.set(name, limit - open - (arrived.of.get(name) ?? 0))
      }
      // A target that is no longer there holds nobody up.
      for (const name of targets.keys()) if (!load.backlogs.has(name)) targets.delete(name)
      room = {
        bytes: roomBytes(load, limits) - arrived.bytes,
        deliveries: limits.maxBacklog > 0 ? limits.maxBacklog - total - arrived.deliveries : Infinity,
        of,
      }
      return changes
    },
    shut: () => ({
      memory: memory.kind === 'shut',
      backlog: backlog.kind === 'shut',
      targets: [...targets.values()].filter(({ kind }) => kind === 'shut').length,
    }),
  }
}

function bytesOf({ payload, targets }: Arrival): number {
  return storedBytes(Buffer.byteLength(payload), targets.length)
}

/** @param sign -1 takes it out again */
function count(tally: Tally, { targets }: Arrival, bytes: number, sign: 1 | -1): void {
  tally.bytes += sign * bytes
  tally.deliveries += sign * targets.length
  for (const name of targets) {
    const now = (tally.of.get(name) ?? 0) + sign
    if (now === 0) tally.of.delete(name)
    else tally.of.set(name, now)
  }
}

function overloaded(
  reason: OverloadReason,
  target: string | undefined,
  retryAfterSeconds: number,
): Overloaded {
  return { kind: 'overloaded', reason, target, retryAfterSeconds }
}
