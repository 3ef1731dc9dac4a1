/** The event that a target is tested with: made from the options, and judged by the config as one that is accepted is. */
import { readFileSync } from 'node:fs'
import type { Config } from '@manifold/config'
import { eventInputSchema, fieldErrors, readJson, type ManifoldEvent, type Target } from '@manifold/domain'
import { fieldLines } from '../field-lines.ts'
import { unreadableFile } from '../unreadable-file.ts'

export type TestEventOptions = { readonly type?: string; readonly data?: string; readonly event?: string }

export type Making =
  | { readonly kind: 'event'; readonly event: ManifoldEvent }
  | { readonly kind: 'mistake'; readonly message: string }

/** @param newId makes the id of an event that brings none */
export function makeTestEvent(
  config: Pick<Config, 'events'>,
  target: Pick<Target, 'subscribe'>,
  options: TestEventOptions,
  newId: () => string,
  nowMs: number,
): Making {
  const body = readBody(target, options)
  if (body.kind === 'mistake') return body
  const input = eventInputSchema.safeParse(body.value)
  if (!input.success) return mistake('the test event', fieldErrors(input.error))
  const { type, source, subject, time, extensions } = input.data
  const checked = config.events.get(type)?.safeParse(input.data.data)
  if (checked?.success === false) {
    const problem = mistake(
      `the data of "${type}", which the config has a schema for`,
      fieldErrors(checked.error, ['data']),
    )
    return { ...problem, message: `${problem.message}\n  fix: give data that fits with --data or --event` }
  }
  return {
    kind: 'event',
    event: {
      id: input.data.id ?? newId(),
      type,
      source: source ?? 'manifold',
      subject,
      time: time ?? new Date(nowMs).toISOString(),
      data: input.data.data,
      ...(extensions === undefined ? {} : { extensions }),
    },
  }
}

type Reading = { readonly kind: 'body'; readonly value: unknown } | Extract<Making, { kind: 'mistake' }>

function readBody(
  { subscribe }: Pick<Target, 'subscribe'>,
  { type, data, event }: TestEventOptions,
): Reading {
  if (event !== undefined) {
    if (type !== undefined || data !== undefined)
      return { kind: 'mistake', message: 'give either --event, or --type and --data' }
    return readEvent(event)
  }
  const named = type ?? subscribe.find((pattern) => !pattern.includes('*')) ?? 'test.event'
  if (data === undefined) return { kind: 'body', value: { type: named, data: { test: true } } }
  const reading = readJson(Buffer.from(data))
  return reading.kind === 'json'
    ? { kind: 'body', value: { type: named, data: reading.value } }
    : { kind: 'mistake', message: `--data is not JSON: ${reading.detail ?? reading.code}` }
}

function readEvent(file: string): Reading {
  try {
    const reading = readJson(readFileSync(file === '-' ? 0 : file))
    if (reading.kind === 'json') return { kind: 'body', value: reading.value }
    return { kind: 'mistake', message: `--event is not JSON: ${reading.detail ?? reading.code}` }
  } catch (error) {
    return { kind: 'mistake', message: `--event ${unreadableFile(file, error)}` }
  }
}

function mistake(what: string, errors: readonly { readonly path: string; readonly message: string }[]) {
  return { kind: 'mistake', message: [`${what} is wrong:`, ...fieldLines(errors)].join('\n') } as const
}
