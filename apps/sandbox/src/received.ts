/** What the sandbox received: the last requests with their headers, for looking at and for tests. */

export type ReceivedRequest = {
  readonly at: string
  /** From the path `/t/<target>/…`, or `?target=`. */
  readonly target: string | null
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
  /** What it was answered with; `null` while there is no answer, or when the connection was cut instead. */
  status: number | null
}

export type ReceivedLog = {
  readonly add: (request: ReceivedRequest) => void
  readonly list: (target: string | undefined) => readonly ReceivedRequest[]
  readonly clear: () => void
  /** Counts a request by its idempotency key and path. @returns how many came before */
  readonly countTry: (key: string) => number
}

/** @param kept requests kept; older ones are forgotten */
export function createReceivedLog(kept: number): ReceivedLog {
  let requests: ReceivedRequest[] = []
  const tries = new Map<string, number>()
  return {
    add: (request) => {
      requests.push(request)
      if (requests.length > kept * 1.5) requests = requests.slice(-kept)
    },
    list: (target) =>
      requests.filter((request) => target === undefined || request.target === target).slice(-kept),
    clear: () => {
      requests = []
      tries.clear()
    },
    countTry: (key) => {
      const earlier = tries.get(key) ?? 0
      tries.set(key, earlier + 1)
      if (tries.size > kept * 2) tries.delete(tries.keys().next().value ?? '')
      return earlier
    },
  }
}
