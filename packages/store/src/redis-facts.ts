/** Facts about a Redis: who it is, how full, how late its clock, whether it takes the scripts. Judged elsewhere. */
import { readdirSync } from 'node:fs'
import { askServer } from './ask-server.ts'
import type { RedisClient } from './connection.ts'
import { loadScript } from './script.ts'

export type RedisFacts = {
  /** Of Redis; a fork tells which Redis it stands for. */
  readonly version: string
  /** `redis`, `valkey` … */
  readonly product: string
  readonly role: string
  readonly usedBytes: number
  /** 0: no limit. */
  readonly maxBytes: number
  /** Of the machine; 0 when Redis does not say. */
  readonly machineBytes: number
  /** `ok`, or what went wrong with the last write of the append-only file. */
  readonly lastWrite: string
  readonly replicas: readonly { readonly state: string; readonly lagSeconds: number }[]
}

/** What INFO says. */
export async function readRedisFacts(redis: RedisClient): Promise<RedisFacts> {
  return parseRedisInfo(String(await askServer(redis, 'INFO')))
}

/** Reads the text of INFO. What is not in it is empty or 0. */
export function parseRedisInfo(text: string): RedisFacts {
  const fields = new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const colon = line.indexOf(':')
      return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]]
    }),
  )
  const field = (name: string) => fields.get(name) ?? ''
  const replicas = [...fields].flatMap(([name, value]) => {
    if (!/^slave\d+$/.test(name)) return []
    const parts = new Map(
      value.split(',').map((part) => [part.split('=')[0] ?? '', part.split('=')[1] ?? '']),
    )
    return [{ state: parts.get('state') ?? '', lagSeconds: Number(parts.get('lag') ?? 0) }]
  })
  return {
    version: field('redis_version'),
    product: field('server_name') === '' ? 'redis' : field('server_name'),
    role: field('role'),
    usedBytes: Number(field('used_memory')),
    maxBytes: Number(field('maxmemory')),
    machineBytes: Number(field('total_system_memory')),
    lastWrite: field('aof_last_write_status'),
    replicas,
  }
}

/** How far the clock of Redis is ahead of this one, give or take half of `roundTripMs`. */
export async function readClockSkew(
  redis: RedisClient,
  now: () => number = Date.now,
): Promise<{ readonly aheadMs: number; readonly roundTripMs: number }> {
  const sentAtMs = now()
  const [seconds = '0', microseconds = '0'] = (await askServer(redis, 'TIME')) as string[]
  const roundTripMs = now() - sentAtMs
  const redisMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000
  return { aheadMs: Math.round(redisMs - (sentAtMs + roundTripMs / 2)), roundTripMs }
}

/** Has Redis compile every script, and run none. @returns how many there are @throws what Redis says to the first it refuses */
export async function loadEveryScript(redis: RedisClient): Promise<number> {
  const files = readdirSync(new URL('lua/', import.meta.url)).filter((name) => name.endsWith('.lua'))
  for (const file of files)
    await askServer(redis, 'SCRIPT', 'LOAD', loadScript(file.slice(0, -'.lua'.length)).source)
  return files.length
}
