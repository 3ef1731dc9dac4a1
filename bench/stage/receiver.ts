/** The receiver: the sandbox as a process, and what its sink counted. */
import { z } from 'zod'
import { startProgram, type Program } from './program.ts'
import type { Scope } from './scope.ts'

const countsSchema = z.object({
  total: z.number(),
  byTarget: z.record(z.string(), z.number()),
  distinct: z.number(),
  duplicates: z.number(),
  lastArrivalMs: z.number(),
})
const arrivalsSchema = z.array(z.tuple([z.string(), z.number()]))

export type Counts = z.infer<typeof countsSchema>

export type Receiver = Program & {
  readonly url: string
  readonly counts: () => Promise<Counts>
  /** When each delivery came for the first time, by its id. */
  readonly arrivals: () => Promise<Map<string, number>>
  readonly forget: () => Promise<void>
  /** Makes a target behave like this path; `undefined` takes it back. */
  readonly behave: (target: string, path: string | undefined) => Promise<void>
}

/** Starts one that ends with the scope. */
export async function startReceiver(scope: Scope, folder: string): Promise<Receiver> {
  const program = await startProgram(scope, folder, { entry: 'apps/sandbox/src/main.ts' })
  const url = `http://127.0.0.1:${String(program.port)}`
  const read = async (path: string): Promise<unknown> => (await fetch(url + path)).json()
  const tell = async (path: string, init: RequestInit): Promise<void> => {
    const answer = await fetch(url + path, init)
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`the receiver answered ${String(answer.status)} to ${path}`)
  }
  return {
    ...program,
    url,
    counts: async () => countsSchema.parse(await read('/sink')),
    arrivals: async () => new Map(arrivalsSchema.parse(await read('/sink/arrivals'))),
    forget: () => tell('/sink', { method: 'DELETE' }),
    behave: (target, path) =>
      tell(
        `/targets/${target}/behaviour`,
        path === undefined ? { method: 'DELETE' } : { method: 'PUT', body: JSON.stringify({ path }) },
      ),
  }
}
