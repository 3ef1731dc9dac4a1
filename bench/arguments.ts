/** The bench's command line. */
import { Argument, Command, Option } from 'commander'

export type BenchArguments = {
  /** Which suites, in the order of the list; all when none was named. */
  readonly suites: readonly string[]
  readonly quick: boolean
  readonly out: string
  /** Puts the results into docs/benchmarks.md as well. */
  readonly docs: boolean
}

/** Ends the process with the usage text when the arguments are wrong. */
export function parseArguments(argv: readonly string[], known: readonly string[]): BenchArguments {
  const command = new Command('bench')
    .description('Measures Manifold, and what it is compared with, in turn. All suites when none is named.')
    .addArgument(new Argument('[suites...]', 'which to run').choices(known))
    .option('-q, --quick', 'a smoke run of a few seconds each: does it work, not how fast is it', false)
    .option('-o, --out <folder>', 'where the results go', 'bench/results')
    .addOption(
      new Option('--docs', 'put the results into docs/benchmarks.md').conflicts('quick').default(false),
    )
    .showHelpAfterError()
    .parse(argv, { from: 'user' })
  const { quick, out, docs } = command.opts<Omit<BenchArguments, 'suites'>>()
  const named = command.args
  return { suites: known.filter((name) => named.length === 0 || named.includes(name)), quick, out, docs }
}
