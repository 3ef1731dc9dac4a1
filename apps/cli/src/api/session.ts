/**
 * What a command that asks a producer works with: the client, where to write, and when to stop.
 *
 * Owns the options that all of them have, and where address and key come from.
 */
import type { Client } from '@manifold/client'
import { Option, type Command } from 'commander'
import type { ExitCode } from '../exit-codes.ts'
import { onInterrupt } from '../terminal/interruption.ts'
import { openOutput, type Output } from '../terminal/output.ts'
import { misuse } from '../misuse.ts'

export type Session = {
  readonly client: Client
  readonly output: Output
  /** The answers as the API gives them, for programs. */
  readonly json: boolean
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
  /** What commands to go on with need besides: the address, where it was given with the command. Never the key. */
  readonly again: readonly string[]
  /** The command as it was given, for what else is wrong with it. */
  readonly command: Command
}

type ApiOptions = { readonly url?: string; readonly key?: string; readonly json?: boolean }

/** One that shows, for people, or for programs with `--json`, wherever on the line that stands. */
export function withJson(command: Command): Command {
  return withJsonOption(command).hook('preAction', (_hooked, action) => {
    if (action.optsWithGlobals<ApiOptions>().json === true) action.setOptionValue('json', true)
  })
}

export function withJsonOption(command: Command): Command {
  return command.addOption(new Option('--json', 'the answer for programs: JSON, of lists one item a line'))
}

/** How often a request is tried: somebody looks on, or a long job should outlast a producer's restart. */
export const IMPATIENT_ATTEMPTS = 3
export const PATIENT_ATTEMPTS = 8

/**
 * Makes a command one that asks a producer.
 * @param act what it does, with its own options and its arguments
 */
// Commander gives what its options say, which only the caller knows.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function asksProducer<Options extends object>(
  command: Command,
  act: (session: Session, options: Options, args: readonly string[]) => Promise<ExitCode>,
  maxAttempts = IMPATIENT_ATTEMPTS,
): Command {
  return withJson(command)
    .addOption(new Option('--url <url>', 'where the producer is; else MANIFOLD_URL, else port 3000 here'))
    .addOption(new Option('--key <key>', 'the API key; better: MANIFOLD_API_KEY or MANIFOLD_API_KEY_FILE'))
    .action(async () => {
      const session = await openSession(command, maxAttempts)
      process.exitCode = await act(session, command.opts<Options>(), command.args)
    })
}

/** @throws CommanderError when address or key cannot be used; its message has neither */
async function openSession(command: Command, maxAttempts: number): Promise<Session> {
  const options = command.opts<ApiOptions>()
  const [{ createClient }, { readClientSettings }] = await Promise.all([
    import('@manifold/client'),
    import('@manifold/config/client-settings'),
  ])
  const settings = readClientSettings()
  if (settings.kind === 'mistake') return misuse(command, settings.message)
  const url = options.url ?? settings.url
  const apiKey = options.key ?? settings.apiKey
  const parsed = URL.parse(url)
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol))
    return misuse(
      command,
      'the address of the producer must look like http://127.0.0.1:3000 (--url or MANIFOLD_URL)',
    )
  try {
    return {
      client: createClient({ url: parsed, apiKey, retry: { maxAttempts } }),
      output: openOutput(),
      json: options.json === true,
      signal: onInterrupt(),
      again: options.url === undefined ? [] : ['--url', withoutLogin(parsed)],
      command,
    }
  } catch (error) {
    return misuse(command, error instanceof Error ? error.message : String(error))
  }
}

function withoutLogin(url: URL): string {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  return shown.href.replace(/\/$/, '')
}
