/** A supervisor of one worker: keeps it running and looks whether it is alive, as systemd or Kubernetes would. */
import type { FaultStage } from './fault-stage.ts'
import type { PartProcess } from './part.ts'

const LIVE_LOOK_MS = 300
const LIVE_LIMIT_MS = 800

export type Supervisor = {
  /** How many workers have ended by themselves. */
  readonly crashes: () => number
  readonly current: () => PartProcess | undefined
  readonly stop: () => Promise<void>
}

/** @throws when the worker does not answer */
async function isLive(port: number): Promise<void> {
  await fetch(`http://127.0.0.1:${String(port)}/livez`, { signal: AbortSignal.timeout(LIVE_LIMIT_MS) })
}

/** Starts a worker for the target `alpha`, and another one whenever it ends. */
export function supervise(stage: FaultStage, environment: Record<string, string>): Supervisor {
  let crashes = 0
  let stopped = false
  let current: PartProcess | undefined
  const isStopped = () => stopped
  const run = async (): Promise<void> => {
    while (!isStopped()) {
      current = await stage.worker(environment, ['alpha'])
      const worker = current
      if (isStopped()) worker.kill('SIGKILL')
      const watch = setInterval(() => {
        isLive(worker.port).catch(() => {
          worker.kill('SIGKILL')
        })
      }, LIVE_LOOK_MS)
      await worker.ended
      clearInterval(watch)
      if (!isStopped()) crashes++
    }
  }
  const running = run()
  return {
    crashes: () => crashes,
    current: () => current,
    stop: async () => {
      stopped = true
      current?.kill('SIGKILL')
      await running
    },
  }
}
