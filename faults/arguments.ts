/** The command lines of the fault suite and of the soak. */
import { parseArgs } from 'node:util'

export type FaultArguments = {
  /** In the order of the list; all when none was named. */
  readonly names: readonly string[]
  readonly quick: boolean
  readonly out: string
}

export type SoakArguments = { readonly minutes: number; readonly seed: number; readonly out: string }

const OUT = 'faults/results'

/** @throws naming what is wrong with them */
export function parseFaultArguments(argv: readonly string[], known: readonly string[]): FaultArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, out: { type: 'string', default: OUT } },
  })
  const unknown = positionals.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(', ')}; there are: ${known.join(', ')}`)
  return { ...values, names: known.filter((name) => positionals.length === 0 || positionals.includes(name)) }
}

/** @throws naming what is wrong with them */
export function parseSoakArguments(argv: readonly string[]): SoakArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: '7' },
      out: { type: 'string', default: OUT },
    },
  })
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not ${values.minutes}`)
  if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number, not ${values.seed}`)
  return { minutes, seed, out: values.out }
}
