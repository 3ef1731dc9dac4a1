/** The command lines of the fault suite and of the soak. */
import { parseArgs } from 'node:util'

export type FaultArguments = {
  /** In the order of the list; all when none was named. */
  readonly names: readonly string[]
  /** Whether they were named: one that is named and cannot be run is a failure. */
  readonly named: boolean
  readonly quick: boolean
  readonly seed: number
  readonly out: string
}

export type SoakArguments = { readonly minutes: number; readonly seed: number; readonly out: string }

const OUT = 'faults/results'
const SEED = { type: 'string', default: '7' } as const

/** @throws naming what is wrong with them */
export function parseFaultArguments(argv: readonly string[], known: readonly string[]): FaultArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      seed: SEED,
      out: { type: 'string', default: OUT },
    },
  })
  const unknown = positionals.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(', ')}; there are: ${known.join(', ')}`)
  return {
    ...values,
    seed: readSeed(values.seed),
    named: positionals.length > 0,
    names: known.filter((name) => positionals.length === 0 || positionals.includes(name)),
  }
}

/** @throws naming what is wrong with them */
export function parseSoakArguments(argv: readonly string[]): SoakArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      minutes: { type: 'string', default: '30' },
      seed: SEED,
      out: { type: 'string', default: OUT },
    },
  })
  const minutes = Number(values.minutes)
  if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not ${values.minutes}`)
  return { minutes, seed: readSeed(values.seed), out: values.out }
}

function readSeed(text: string): number {
  const seed = Number(text)
  if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number, not ${text}`)
  return seed
}
