/** Reads the memory of every process of a run. */
import { fileURLToPath } from 'node:url'
import { residentBytes } from '../../bench/measure/process-cost.ts'
import type { Part } from '../stage/part.ts'
import type { Stage } from '../stage/stage.ts'
import type { Memory, ProcessMemory } from './judge-memory.ts'

/** What parts need in their environment to be asked. */
export const PROBED = {
  NODE_OPTIONS: `--import=${fileURLToPath(new URL('memory-probe.ts', import.meta.url))}`,
}

/** @param events accepted so far: Redis keeps them */
export async function readMemory(stage: Stage, events: number): Promise<Memory> {
  const info = String(await stage.redis.command('INFO', 'memory'))
  return {
    processes: await Promise.all([
      ...stage.producers().map((part) => readPart('producer', part)),
      ...stage.workers().map((part) => readPart('worker', part)),
    ]),
    redisBytes: Number(/^used_memory:(\d+)/m.exec(info)?.[1]),
    events,
  }
}

async function readPart(kind: ProcessMemory['kind'], part: Part): Promise<ProcessMemory> {
  const liveBytes = await part.liveBytes()
  return { kind, name: part.name, liveBytes, residentBytes: residentBytes(part.pid) }
}
