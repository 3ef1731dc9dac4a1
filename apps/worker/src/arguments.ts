/** The worker's command line. */
import { Command, InvalidArgumentError } from 'commander'

export type WorkerArguments = {
  /** None: all of the config. */
  readonly targets: readonly string[]
  readonly concurrency: number | undefined
}

/** Ends the process with the usage text when the arguments are wrong. */
export function parseArguments(argv: readonly string[]): WorkerArguments {
  const command = new Command('worker')
    .description('Delivers the events of one target, or of several, until it is stopped.')
    .option('-t, --target <name>', 'a target of the config; repeat it for several', collect, [])
    .option('-a, --all', 'every target of the config, also those that a reload brings')
    .option(
      '-c, --concurrency <n>',
      "attempts under way at once per target, instead of the config's",
      positive,
    )
    .showHelpAfterError()
    .allowExcessArguments(false)
  const options = command
    .parse(argv, { from: 'user' })
    .opts<{ target: string[]; all?: boolean; concurrency?: number }>()
  if (options.target.length === 0 && options.all !== true)
    command.error('error: name at least one target: --target <name>, or take all: --all')
  if (options.target.length > 0 && options.all === true)
    command.error('error: name targets with --target, or take all with --all, not both')
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
