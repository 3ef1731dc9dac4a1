/** What a process has cost so far, as the kernel counts it: processor time and resident memory. Linux only. */
import { readFileSync } from 'node:fs'

/** USER_HZ, the unit of /proc/<pid>/stat: 100 on every Linux there is, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100

/** Processor time in user and kernel mode of all threads, to 10 ms. Children (Redis rewriting its file) are not in it. */
export function cpuMs(pid: number): number {
  // The name, in parentheses, may hold spaces: count the fields behind it.
  const fields = read(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ')
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])]
  return ((userTicks + systemTicks) * 1_000) / TICKS_PER_SECOND
}

/** Resident memory. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(pid, 'status'))?.[1]
  return Number(kilobytes) * 1_024
}

function read(pid: number, file: string): string {
  return readFileSync(`/proc/${String(pid)}/${file}`, 'utf8')
}

export type Processes = Readonly<Record<string, { readonly pid: number }>>

/** Starts the meter. @returns the processor milliseconds each process has used since, when asked */
export function meterCpu(processes: Processes): () => Readonly<Record<string, number>> {
  const before = Object.entries(processes).map(([name, { pid }]) => ({ name, pid, atStartMs: cpuMs(pid) }))
  return () => Object.fromEntries(before.map(({ name, pid, atStartMs }) => [name, cpuMs(pid) - atStartMs]))
}
