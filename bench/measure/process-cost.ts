/** What a process, and the whole machine, has cost so far as the kernel counts it. Linux only. */
import { readFileSync } from 'node:fs'

/** USER_HZ, the unit of /proc/<pid>/stat: 100 on every Linux there is, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100

/** Processor time in user and kernel mode of all threads, to 10 ms. Children (Redis rewriting its file) are not in it. */
export function cpuMs(pid: number): number {
  // The name, in parentheses, may hold spaces: count the fields behind it.
  const fields = read(`${String(pid)}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])]
  return toMs(userTicks + systemTicks)
}

/** Resident memory. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`${String(pid)}/status`))?.[1]
  return Number(kilobytes) * 1_024
}

export type MachineMs = {
  /** Of all processors together: working for anybody, or taken away by the host. */
  readonly busyMs: number
  readonly totalMs: number
}

/** Processor time of everything on the machine. */
export function machineMs(): MachineMs {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = read('stat')
    .split('\n', 1)
    .flatMap((line) => line.split(/ +/).slice(1).map(Number))
  const busy = user + nice + system + irq + softirq + steal
  return { busyMs: toMs(busy), totalMs: toMs(busy + idle + iowait) }
}

function toMs(ticks: number): number {
  return (ticks * 1_000) / TICKS_PER_SECOND
}

function read(file: string): string {
  return readFileSync(`/proc/${file}`, 'utf8')
}
