/** One readable stream out of the logs of all parts: each line with the part's name in front. */
import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import { styleText, type InspectColor } from 'node:util'
import { prettyFactory } from 'pino-pretty'

/** Said elsewhere on the line, or of no use while looking on. */
const LEFT_OUT = [
  'part',
  'level',
  'deliveryId',
  'generation',
  'requestId',
  'caller',
  'method',
  'path',
  'status',
  'type',
  'target',
]

const COLOURS: readonly InspectColor[] = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'red']

const NAME_WIDTH = 16

export type LogStream = {
  /** Copies a part's output, line by line, prettified where it is JSON. */
  readonly attach: (name: string, output: Readable) => void
  /** A line of the supervisor's own. */
  readonly say: (text: string) => void
  /** Text without anything in front: to be read or pasted. */
  readonly plain: (text: string) => void
}

/** @param colour whether the output is a terminal */
export function createLogStream(write: (text: string) => void, colour: boolean): LogStream {
  const pretty = prettyFactory({
    colorize: colour,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: LEFT_OUT.join(','),
  })
  const names = new Map<string, string>()
  const label = (name: string) => {
    const known = names.get(name)
    if (known !== undefined) return known
    const padded = name.padEnd(NAME_WIDTH)
    const tint = COLOURS[names.size % COLOURS.length] ?? 'cyan'
    const made = colour ? styleText(tint, padded, { validateStream: false }) : padded
    names.set(name, made)
    return made
  }
  return {
    attach: (name, output) => {
      createInterface({ input: output }).on('line', (line) => {
        const text = line.startsWith('{') ? pretty(line).trimEnd() : line
        write(`${label(name)} ${text}\n`)
      })
    },
    say: (text) => {
      write(`${label('manifold')} ${text}\n`)
    },
    plain: (text) => {
      write(`${text}\n`)
    },
  }
}
