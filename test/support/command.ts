/** The real command line as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { environmentWith } from '@manifold/config'

const root = fileURLToPath(new URL('../..', import.meta.url))

export const MANIFOLD = join(root, 'apps/cli/src/main.ts')

export type CommandOptions = {
  readonly environment?: Readonly<Record<string, string>>
  /** What it reads; nothing without it. */
  readonly input?: string
}

export type CommandResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

export type RunningCommand = { readonly child: ChildProcess; readonly result: Promise<CommandResult> }

/** Runs it to its end. */
export async function manifold(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { child, result } = startManifold(args, options)
  child.stdin?.end(options.input ?? '')
  return result
}

/** Starts it; its input stays open. */
export function startManifold(
  args: readonly string[],
  { environment = {} }: CommandOptions = {},
): RunningCommand {
  return follow(
    spawn(process.execPath, [MANIFOLD, ...args], {
      cwd: root,
      env: environmentWith({ NO_COLOR: '1', ...environment }),
    }),
  )
}

/** Runs it on a terminal of its own, where what is typed comes from `input`. Both outputs are the terminal. */
export async function manifoldOnTerminal(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const words = [process.execPath, MANIFOLD, ...args].map((one) => `'${one}'`).join(' ')
  const { child, result } = follow(
    spawn('script', ['--quiet', '--return', '--echo', 'never', '--command', words, '/dev/null'], {
      cwd: root,
      env: besidesCi(environmentWith({ TERM: 'xterm-256color', NO_COLOR: '', ...options.environment })),
    }),
  )
  child.stdin?.write(options.input ?? '')
  const ended = await result
  child.stdin?.destroy()
  return ended
}

function follow(child: ChildProcess): RunningCommand {
  // It may have ended before all was written.
  child.stdin?.on('error', () => undefined)
  const all = Promise.all([once(child, 'exit'), textOf(child.stdout), textOf(child.stderr)])
  const result = all.then(([[code], stdout, stderr]) => ({
    code: typeof code === 'number' ? code : null,
    stdout,
    stderr,
  }))
  return { child, result }
}

function textOf(stream: ChildProcess['stdout']): Promise<string> {
  return stream === null ? Promise.resolve('') : text(stream)
}

/** The JSON documents of a result, one a line. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Node takes a terminal of a CI for one without colours, whatever the variable says. */
function besidesCi(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => name !== 'CI'))
}
