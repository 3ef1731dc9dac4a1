/**
 * Lua scripts: read from `lua/`, sent by hash, sent whole when Redis does not know them (after a restart).
 *
 * A line `-- @include name` is replaced by `lua/includes/name.lua`, and `@RECORD_VERSION@` by the version of records that is written.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { RECORD_VERSION } from '@manifold/domain'
import type { RedisClient } from './connection.ts'
import { passPoint } from './script-calls.ts'

export type Script = {
  readonly name: string
  readonly source: string
  readonly sha1: string
  /** The points that each call passes. */
  readonly points: { readonly before: string; readonly after: string }
}

export type Argument = string | number

/** Reads a script once, at module load. */
export function loadScript(name: string): Script {
  const source = read(`${name}.lua`)
    .replaceAll(/^-- @include (\S+)$/gm, (_line, include: string) => read(`includes/${include}.lua`))
    .replaceAll('@RECORD_VERSION@', String(RECORD_VERSION))
  return {
    name,
    source,
    sha1: createHash('sha1').update(source).digest('hex'),
    points: { before: `before:${name}`, after: `after:${name}` },
  }
}

function read(file: string): string {
  return readFileSync(new URL(`lua/${file}`, import.meta.url), 'utf8')
}

/** Runs a script. Numbers in replies are strings here: the typed wrapper beside each script reads them. */
export function runScript(
  redis: RedisClient,
  script: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  return pastPoints(script, () => evaluate(redis, script, keys, args))
}

/** Every call of a script, however it is sent, passes its points. */
export async function pastPoints(script: Script, call: () => Promise<unknown>): Promise<unknown> {
  passPoint(script.points.before)
  const reply = await call()
  passPoint(script.points.after)
  return reply
}

/** How a script is called: by its hash, or whole where that is not known. */
export function callOf({ source, sha1 }: Script, whole: boolean): readonly [command: string, text: string] {
  return whole ? ['EVAL', source] : ['EVALSHA', sha1]
}

async function evaluate(
  redis: RedisClient,
  script: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  try {
    return await redis.call(...callOf(script, false), keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return redis.call(...callOf(script, true), keys.length, ...keys, ...args)
  }
}

/** Reads a reply that a script documents as a list of strings. A different reply is a bug. */
export function replyStrings(script: Script, reply: unknown): string[] {
  if (!Array.isArray(reply)) throw unexpectedReply(script, reply)
  return reply.map((item: unknown) => {
    if (typeof item === 'string') return item
    if (typeof item === 'number') return String(item)
    throw unexpectedReply(script, reply)
  })
}

/** Reads a reply that a script documents as a list of such lists, one for each of `count` items. */
export function replyRows(script: Script, count: number, reply: unknown): string[][] {
  if (!Array.isArray(reply) || reply.length !== count) throw unexpectedReply(script, reply)
  return reply.map((row: unknown) => replyStrings(script, row))
}

export function unexpectedReply(script: Script, reply: unknown): Error {
  return new Error(`script ${script.name} answered ${JSON.stringify(reply)}, which its header does not list`)
}
