/** The memory of every process of a run, by what it is. */
import { residentBytes } from '../../bench/measure/process-cost.ts'
import type { Stage } from '../stage/stage.ts'

export type Memory = Readonly<Record<'producers' | 'workers' | 'Redis', readonly number[]>>

/** Resident megabytes of each that lives. */
export function readMemory(stage: Stage): Memory {
  const of = (pid: number) => Math.round(residentBytes(pid) / 1e6)
  return {
    producers: stage.producers().map(({ pid }) => of(pid)),
    workers: stage.workers().map(({ pid }) => of(pid)),
    Redis: [of(stage.redis.pid())],
  }
}

/** As a line. */
export function memoryLine(memory: Memory): string {
  return Object.entries(memory)
    .map(([what, megabytes]) => `${what} ${megabytes.join(', ')} MB`)
    .join('; ')
}
