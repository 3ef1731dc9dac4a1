/** `manifold events watch`: the stream, a line each; it reconnects by itself, and says so. */
import type { StreamFilter, StreamMessage } from '@manifold/client'
import type { Session } from '../api/session.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { misuse } from '../misuse.ts'
import { cell, type Cell } from '../terminal/columns.ts'
import { word } from '../terminal/tints.ts'

export type WatchOptions = {
  readonly type?: string
  readonly target?: string
  readonly status?: StreamStatus
}

type StreamStatus = Extract<StreamFilter, { eventId?: undefined }>['status']

export async function watchEvents(
  { client, output, json, signal, command }: Session,
  { type, target, status }: WatchOptions,
  eventId: string | undefined,
): Promise<ExitCode> {
  if (eventId !== undefined && (type ?? target ?? status) !== undefined)
    return misuse(command, 'watch either one event by its id, or all that the options match')
  const filter: StreamFilter = eventId === undefined ? { type, target, status } : { eventId }
  const messages = client.stream(filter, {
    signal,
    onOpen: () => {
      if (!json) output.note(eventId === undefined ? 'watching; Ctrl-C ends it' : 'watching to its end')
    },
    onReconnect: (delayMs, error) => {
      const why = error === undefined ? 'the connection ended' : error.title
      output.note(`${why}; connecting again in ${String(Math.ceil(delayMs / 1_000))} s`)
    },
  })
  for await (const message of messages) {
    await output.print(json ? `${JSON.stringify(message)}\n` : lines(message, output.colour))
  }
  return EXIT.ok
}

/** Widths of what comes line by line; wider things push the rest to the right. */
const WIDTHS = [24, 30, 8, 9]

function lines(message: StreamMessage, colour: boolean): string {
  const rows = message.message === 'event' ? eventRows(message) : [row(message)]
  return rows
    .map((cells) => `${cells.map((one, index) => cell(one, WIDTHS[index] ?? 0, colour)).join('  ')}\n`)
    .join('')
}

function eventRows({ event }: Extract<StreamMessage, { message: 'event' }>): Cell[][] {
  return [
    [event.acceptedAt, event.id, 'event', word(event.status), event.type],
    ...event.deliveries.map((one): Cell[] => [
      event.acceptedAt,
      event.id,
      'delivery',
      word(one.status),
      `${one.target}, attempts: ${String(one.attempts)}`,
    ]),
  ]
}

function row(message: Exclude<StreamMessage, { message: 'event' }>): Cell[] {
  switch (message.message) {
    case 'accepted':
    case 'settled':
      return [message.at, message.eventId, message.message, word(message.status), message.type ?? '-']
    case 'attempt': {
      const { number, outcome, reason, durationMs } = message.attempt
      const what = `${message.target} #${String(number)}: ${reason}, ${String(durationMs)} ms`
      return [message.at, message.eventId, message.message, word(outcome), what]
    }
    case 'delivery': {
      const next = message.nextAttemptAt === null ? '' : `, next at ${message.nextAttemptAt}`
      return [message.at, message.eventId, message.message, word(message.status), message.target + next]
    }
    case 'reset':
      return ['-', '-', message.message, '', `some messages are lost to this stream: ${message.reason}`]
    default:
      return message satisfies never
  }
}
