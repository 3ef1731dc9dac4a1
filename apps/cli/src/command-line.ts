/** The command line: `npm start` is `manifold dev`; `npm run manifold -- --help` lists the rest. */
import { createApiKey, isScope, SCOPES, type Scope } from '@manifold/config'
import { VERSION } from '@manifold/runtime'
import { Command, InvalidArgumentError } from 'commander'
import { runPart } from './run-part.ts'

const program = new Command('manifold')
  .description('One POST in, every API out.')
  .version(VERSION)
  .showHelpAfterError()
  .showSuggestionAfterError()

program
  .command('dev')
  .description('run everything here: Redis, the producer, a worker per target and the sandbox API')
  .action(async () => {
    // The parts need nothing of it.
    const { dev } = await import('./dev/dev.ts')
    await dev()
  })

program
  .command('producer')
  .description('run a producer against REDIS_URL')
  .action(() => runPart('producer', []))

program
  .command('worker')
  .description('run a worker against REDIS_URL; see "manifold worker --help"')
  .allowUnknownOption()
  .allowExcessArguments()
  .helpOption(false)
  .argument('[arguments...]')
  .action((args: string[]) => runPart('worker', args))

program
  .command('sandbox')
  .description('run the scriptable downstream API of the demo')
  .action(() => runPart('sandbox', []))

program
  .command('keys')
  .description('API keys')
  .command('create')
  .description('make an API key: shown once; the settings keep its hash')
  .requiredOption('-n, --name <name>', 'who will use it', keyName)
  .option('-s, --scopes <scopes>', `comma-separated, of ${SCOPES.join(', ')}`, scopes, [...SCOPES])
  .action(({ name, scopes: chosen }: { name: string; scopes: Scope[] }) => {
    const { key, entry } = createApiKey(name, chosen)
    process.stdout.write(
      `key (for the caller, shown once):\n  ${key}\nentry (for MANIFOLD_API_KEYS):\n  ${entry}\n`,
    )
  })

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

function keyName(text: string): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(text)) throw new InvalidArgumentError('use 1 to 64 of A-Z a-z 0-9 . _ -')
  return text
}

function scopes(text: string): Scope[] {
  const names = text.split(/[,+]/).filter((name) => name !== '')
  const unknown = names.filter((name) => !isScope(name))
  if (unknown.length > 0 || names.length === 0)
    throw new InvalidArgumentError(`known scopes: ${SCOPES.join(', ')}`)
  return names.filter(isScope)
}
