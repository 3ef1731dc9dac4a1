/** `manifold keys`: makes API keys. A key is shown once; what is to be kept is its hash. */
import type { Scope } from '@manifold/config'
import { Command, InvalidArgumentError } from 'commander'
import { withJson } from '../api/session.ts'
import { misuse } from '../misuse.ts'
import { openOutput } from '../terminal/output.ts'

const SCOPES = Object.keys({ publish: true, read: true, admin: true } satisfies Record<Scope, true>)

type CreateOptions = {
  readonly name: string
  readonly scopes: readonly string[]
  readonly types: readonly string[]
  readonly json?: boolean
}

export function keysCommand(): Command {
  const keys = new Command('keys').description('API keys')
  withJson(keys.command('create'))
    .description('make an API key: shown once; the settings keep its hash')
    .requiredOption('-n, --name <name>', 'who will use it', keyName)
    .option('-s, --scopes <scopes>', `comma-separated, of ${SCOPES.join(', ')}`, scopes, SCOPES)
    .option('-t, --types <patterns>', 'only events of these types, as order.*,customer.**', types, [])
    .action(create)
  return keys
}

async function create(options: CreateOptions, command: Command): Promise<void> {
  const { name, scopes: chosen, types: only, json } = options
  // Their own packages take longer to load than all of the help.
  const [{ createApiKey, isScope, RESERVED_NAMES }, { typePatternError }] = await Promise.all([
    import('@manifold/config'),
    import('@manifold/domain'),
  ])
  if (RESERVED_NAMES.has(name)) return misuse(command, `--name: ${name} is of callers who show no key`)
  const mistake = only.map(typePatternError).find((one) => one !== undefined)
  if (mistake !== undefined) return misuse(command, `--types: ${mistake}`)
  const { key, entry } = createApiKey(name, chosen.filter(isScope), only)
  await openOutput().print(
    json === true
      ? `${JSON.stringify({ name, scopes: chosen, types: only, key, entry })}\n`
      : `key (for the caller, shown once):\n  ${key}\nentry (for MANIFOLD_API_KEYS):\n  ${entry}\n`,
  )
}

function keyName(text: string): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(text)) throw new InvalidArgumentError('use 1 to 64 of A-Z a-z 0-9 . _ -')
  return text
}

function scopes(text: string): string[] {
  const names = text.split(/[,+]/).filter((name) => name !== '')
  if (names.length === 0 || names.some((name) => !SCOPES.includes(name)))
    throw new InvalidArgumentError(`known scopes: ${SCOPES.join(', ')}`)
  return names
}

/** None would not limit the key at all: nobody means that by naming some. */
function types(text: string): string[] {
  const patterns = text.split(/[,+]/).filter((pattern) => pattern !== '')
  if (patterns.length === 0)
    throw new InvalidArgumentError(
      'name at least one type or pattern; without the option all types are allowed',
    )
  return patterns
}
