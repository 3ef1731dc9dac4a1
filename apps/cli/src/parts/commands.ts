/** The commands that run something: each becomes the part it names. */
import { Command } from 'commander'
import { prepared } from '../prepared.ts'
import { runPart } from '../run-part.ts'

const NAMES: ReadonlySet<string | undefined> = new Set(['dev', 'producer', 'worker', 'sandbox'])

/** Whether a first word asks for one of them. */
export function isPartCommand(name: string | undefined): boolean {
  return NAMES.has(name)
}

/** A program that has no other commands. */
export function partsProgram(): Command {
  const program = new Command('manifold')
  for (const command of partCommands()) program.addCommand(command)
  return prepared(program)
}

/** dev, producer, worker and sandbox. */
export function partCommands(): Command[] {
  return [dev(), producer(), worker(), sandbox()]
}

function dev(): Command {
  return new Command('dev')
    .description('run everything here: Redis, the producer, a worker per target and the sandbox API')
    .action(async () => {
      // The parts need nothing of it.
      const { dev } = await import('../dev/dev.ts')
      await dev()
    })
}

function producer(): Command {
  return new Command('producer')
    .description('run a producer against REDIS_URL')
    .action(() => runPart('producer', []))
}

function worker(): Command {
  return new Command('worker')
    .description('run a worker against REDIS_URL; see "manifold worker --help"')
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .argument('[arguments...]')
    .action((args: string[]) => runPart('worker', args))
}

function sandbox(): Command {
  return new Command('sandbox')
    .description('run the scriptable downstream API of the demo')
    .action(() => runPart('sandbox', []))
}
