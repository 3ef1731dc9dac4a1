/** The worker's command line. */
import { Command, InvalidArgumentError } from 'commander'

export type WorkerArguments = {
  readonly targets: readonly string[]
  readonly concurrency: number | undefined
}

/** Ends the process with the usage text when the arguments are wrong. */
export function parseArguments(argv: readonly string[]): WorkerArguments {
  const command = new Command('worker')
    .description('Delivers the events of one target, or of several, until it is stopped.')
    .requiredOption('-t, --target <name>', 'a target of the config; repeat it for several', collect, [])
    .option(
      '-c, --concurrency <n>',
      "attempts under way at once per target, instead of the config's",
      positive,
    )
    .showHelpAfterError()
    .allowExcessArguments(false)
  const options = command.parse(argv, { from: 'user' }).opts<{ target: string[]; concurrency?: number }>()
  if (options.target.length === 0) command.error('error: name at least one target: --target <name>')
  return { targets: [...new Set(options.target)], concurrency: options.concurrency }
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('must be a whole number of 1 or more')
  return value
}
