/** The receiver as the stage sees it: a process to script. */
import { join } from 'node:path'
import { startProgram } from '../../bench/stage/program.ts'
import type { Scope } from '../../bench/stage/scope.ts'
import type { Behaviour } from '../receiver/behaviour.ts'

export type Receiver = {
  readonly port: number
  readonly pid: number
  readonly logFile: string
  /** From now on requests of this target are answered so. */
  readonly behave: (target: string, behaviour: Behaviour) => Promise<void>
  /** Writes down what is still under way. */
  readonly flush: () => Promise<void>
}

/** Starts one that ends with the scope. */
export async function startReceiver(scope: Scope, folder: string, seed: number): Promise<Receiver> {
  const logFile = join(folder, 'receiver.log')
  const { pid, port } = await startProgram(scope, folder, {
    entry: 'faults/receiver/main.ts',
    args: [logFile, String(seed)],
  })
  const tell = async (method: string, path: string, body?: unknown): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    await answer.arrayBuffer()
  }
  return {
    port,
    pid,
    logFile,
    behave: (target, behaviour) => tell('PUT', `/behaviour/${target}`, behaviour),
    flush: () => tell('POST', '/flush'),
  }
}
