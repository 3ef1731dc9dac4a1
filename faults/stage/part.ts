/** A part of Manifold as a process that can be killed, stopped and asked to end; each is noted as a disturbance. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { launch, type ProgramSpec } from '../../bench/stage/program.ts'
import { disturbancesOf, type Disturbances, type Kind, type PartDisturbances } from './disturbances.ts'

export type Part = {
  readonly name: string
  readonly pid: number
  readonly port: number
  readonly origin: string
  /** For what is done to it from outside. */
  readonly disturbed: PartDisturbances
  readonly alive: () => boolean
  /** As a crash would. Resolves when it is gone. */
  readonly kill: () => Promise<void>
  /** Stands still, as behind a long pause of its machine. @returns lets it go on */
  readonly freeze: () => () => void
  /** After it was stopped, by whomever. */
  readonly goOn: () => void
  /** Has it read its config again, and waits until it has. @returns whether that is in force now */
  readonly reload: () => Promise<boolean>
  /** As an operator would. @returns its exit code, or the signal that ended it */
  readonly stop: () => Promise<number | string>
  /** Resolves when it has ended, however. */
  readonly ended: Promise<number | string>
  /** Everything it has written. */
  readonly output: () => string
  /** Asks the probe that was loaded into it (soak/memory-probe.ts). @throws when there is none */
  readonly liveBytes: () => Promise<number>
}

const LOOK_MS = 20
/** Of a part that is not told. */
const DRAIN_MS = 8_000
/** How long a process may take to collect its garbage and say what is left, on a busy machine. */
const PROBE_MS = 10_000

const probed = z.object({ kind: z.literal('live-bytes'), liveBytes: z.number() })

const ready = z.object({ kind: z.literal('ready'), port: z.number() })

export type PartOptions = ProgramSpec & {
  readonly name: string
  readonly kind: Kind
  readonly folder: string
  readonly disturbances: Disturbances
}

/** Starts one and waits until it is ready. @throws with the end of its output when it ends before that */
export async function startPart({ name, kind, folder, disturbances, ...spec }: PartOptions): Promise<Part> {
  const { child, logFile } = launch(folder, spec)
  const output = () => readFileSync(logFile, 'utf8')
  const ended = once(child, 'exit').then(
    ([code, signal]: (number | NodeJS.Signals | null)[]) => signal ?? code ?? 1,
  )
  const message = once(child, 'message').then(([first]: unknown[]) => ready.parse(first))
  const first = await Promise.race([message, ended])
  if (typeof first !== 'object')
    throw new Error(`${name} ended (${String(first)}):\n${output().slice(-2_000)}`)
  const drainMs = Number(spec.environment?.MANIFOLD_DRAIN_MS ?? DRAIN_MS)
  const disturbed = disturbancesOf(disturbances, { name, kind, drainMs })
  return {
    name,
    disturbed,
    pid: child.pid ?? 0,
    port: first.port,
    origin: `http://127.0.0.1:${String(first.port)}`,
    alive: () => child.exitCode === null && child.signalCode === null,
    kill: async () => {
      disturbed.killed(`SIGKILL of ${name}`)
      child.kill('SIGKILL')
      await ended
    },
    freeze: () => {
      const over = disturbed.paused(`SIGSTOP of ${name}`)
      child.kill('SIGSTOP')
      return () => {
        over()
        child.kill('SIGCONT')
      }
    },
    goOn: () => {
      child.kill('SIGCONT')
    },
    reload: async () => {
      const seen = countReloads(output())
      child.kill('SIGHUP')
      for (;;) {
        const now = countReloads(output())
        if (now.done > seen.done) return true
        if (now.refused > seen.refused) return false
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`${name} ended instead of reloading`)
        await wait(LOOK_MS)
      }
    },
    stop: async () => {
      const over = disturbed.stopping(`SIGTERM of ${name}`)
      child.kill('SIGTERM')
      const how = await ended
      over()
      return how
    },
    ended,
    output,
    liveBytes: async () => {
      const answer = once(child, 'message', { signal: AbortSignal.timeout(PROBE_MS) })
      child.send({ kind: 'live-bytes' })
      const [message] = (await answer) as unknown[]
      return probed.parse(message).liveBytes
    },
  }
}

function countReloads(output: string): { readonly done: number; readonly refused: number } {
  const count = (text: string) => output.split(text).length - 1
  return { done: count('"config reloaded"'), refused: count('"config not reloaded') }
}
