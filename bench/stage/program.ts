/**
 * A program under measurement: a process of its own, its output in a file, so that no log passes through the bench.
 *
 * Owns the process from start to end. Parts of Manifold and the bench's own programs alike tell over the process channel when
 * they are ready; the bench's own also answer requests (answer.ts).
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environmentWith } from '@manifold/config'
import { z } from 'zod'
import type { Scope } from './scope.ts'

export type Program = {
  readonly pid: number
  /** Where it listens; 0 when it does not. */
  readonly port: number
  readonly logFile: string
  /** One request at a time. @throws when it answers otherwise, or ends */
  readonly ask: <Reply>(request: unknown, reply: z.ZodType<Reply>) => Promise<Reply>
  /** Asks it to end, as an operator would, and waits. */
  readonly stop: () => Promise<void>
}

export type ProgramSpec = {
  /** From the root of the repository. */
  readonly entry: string
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Words in front of the program's own: what it is started through, in the same process in the end. */
  readonly through?: readonly string[]
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const STOP_MS = 20_000
const readyMessage = z.object({ kind: z.literal('ready'), port: z.number() })

let launched = 0

/** Starts a program and waits until it is ready. @throws with the end of its output when it ends before that */
export async function startProgram(scope: Scope, folder: string, spec: ProgramSpec): Promise<Program> {
  const { child, logFile } = launch(folder, spec)
  scope.defer(() => stop(child))
  const ready = readyMessage.parse(await nextMessage(child, spec.entry, logFile))
  return {
    pid: child.pid ?? 0,
    port: ready.port,
    logFile,
    ask: async (request, reply) => {
      const answer = nextMessage(child, spec.entry, logFile)
      child.send({ request })
      return reply.parse(await answer)
    },
    stop: () => stop(child),
  }
}

/** Starts a program without waiting: for measuring the start itself. */
export function launch(folder: string, { entry, args = [], environment = {}, through = [] }: ProgramSpec) {
  const logFile = join(folder, `${String(++launched)}-${entry.replaceAll('/', '-')}.log`)
  const log = openSync(logFile, 'w')
  const [program = process.execPath, ...words] = [...through, process.execPath, join(ROOT, entry), ...args]
  const child = spawn(program, words, {
    cwd: ROOT,
    env: environmentWith({ PORT: '0', LOG_LEVEL: 'info', ...environment }),
    stdio: ['ignore', log, log, 'ipc'],
    // Not JSON: an open-loop run answers with many numbers.
    serialization: 'advanced',
  })
  closeSync(log)
  return { child, logFile }
}

/** SIGTERM, and after a while SIGKILL. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(timer)
}

function nextMessage(child: ChildProcess, entry: string, logFile: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      child.off('exit', onExit)
      resolve(message)
    }
    const onExit = (code: number | null, signal: NodeJS.Signals | null) => {
      child.off('message', onMessage)
      const end = readFileSync(logFile, 'utf8').slice(-2_000)
      reject(new Error(`${entry} ended (${signal ?? String(code)}):\n${end}`))
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
  })
}
