/**
 * The meter: what each process used between two moments, and what somebody else used on the same machine meanwhile.
 *
 * A round beside which others worked is a round about them: their share is part of every result.
 */
import { cpuMs, machineMs } from './process-cost.ts'

export type Processes = Readonly<Record<string, { readonly pid: number }>>

export type Usage = {
  readonly cpuMs: Readonly<Record<string, number>>
  /**
   * Of the machine's processor time, what neither the named processes nor the bench used: other programs, the kernel's own
   * work, Redis rewriting its file, the host.
   */
  readonly othersShare: number
}

/** Starts the meter. @returns what was used since, when asked */
export function startMeter(processes: Processes): () => Usage {
  const named = Object.entries(processes).map(([name, { pid }]) => ({ name, pid, beforeMs: cpuMs(pid) }))
  const ownBeforeMs = cpuMs(process.pid)
  const machineBefore = machineMs()
  return () => {
    const machine = machineMs()
    const used = named.map(({ name, pid, beforeMs }) => [name, cpuMs(pid) - beforeMs] as const)
    const ours = used.reduce((sum, [, ms]) => sum + ms, cpuMs(process.pid) - ownBeforeMs)
    const others = machine.busyMs - machineBefore.busyMs - ours
    const othersShare = Math.max(0, others / (machine.totalMs - machineBefore.totalMs))
    return { cpuMs: Object.fromEntries(used), othersShare }
  }
}

/** Processor microseconds of each process for one of `count` things. */
export function microsEach(usage: Usage, count: number): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(usage.cpuMs).map(([name, ms]) => [name, (ms * 1_000) / count]))
}
