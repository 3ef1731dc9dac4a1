/** The producer's API as a caller meets it: real HTTP, answers typed as documented. */

export type DeliveryAnswer = {
  id: string
  target: string
  status: string
  attempts: number
  generation: number
  nextAttemptAt: string | null
  deliveredAt: string | null
  reason: string | null
  lastAttempt: AttemptAnswer | null
}

export type AttemptAnswer = {
  deliveryId: string
  target: string
  number: number
  generation: number
  at: string
  durationMs: number
  httpStatus: number | null
  outcome: string
  reason: string
  error: string | null
}

export type EventAnswer = {
  id: string
  type: string
  source: string
  status: string
  acceptedAt: string
  settledAt: string | null
  deliveries: DeliveryAnswer[]
}

export type DeadLetterAnswer = {
  id: string
  eventId: string
  target: string
  type: string
  reason: string
  attempts: number
  generation: number
  data?: unknown
}

export type ProblemAnswer = {
  code: string
  status: number
  title: string
  detail?: string
  fix: string
  errors?: { path: string; message: string }[]
  requestId: string
}

export type ReplayAnswer = { id: string; status: string; matched: number; replayed: number; failed: number }

export type PageAnswer<Item> = { items: Item[]; nextCursor: string | null }

export type Answer<Body> = { readonly status: number; readonly headers: Headers; readonly body: Body }

export type Api = {
  /** Posts an event; a string or bytes are sent as they are. */
  readonly post: <Body = EventAnswer>(
    event: unknown,
    headers?: Record<string, string>,
    path?: string,
  ) => Promise<Answer<Body>>
  readonly call: <Body>(method: string, path: string, body?: unknown) => Promise<Answer<Body>>
  readonly event: (id: string) => Promise<EventAnswer>
  readonly attempts: (id: string) => Promise<AttemptAnswer[]>
  readonly deadLetters: (query?: string) => Promise<DeadLetterAnswer[]>
}

export function apiAt(url: string, defaults: Record<string, string> = {}): Api {
  const send = async <Body>(method: string, path: string, init: RequestInit): Promise<Answer<Body>> => {
    const response = await fetch(url + path, { ...init, method })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as Body,
    }
  }
  const call: Api['call'] = (method, path, body) =>
    send(method, path, {
      headers: { ...defaults, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return {
    call,
    post: (event, headers = {}, path = '/v1/events') =>
      send('POST', path, {
        headers: { 'content-type': 'application/json', ...defaults, ...headers },
        body: typeof event === 'string' || event instanceof Uint8Array ? event : JSON.stringify(event),
      }),
    event: async (id) => (await call<EventAnswer>('GET', `/v1/events/${id}`)).body,
    attempts: async (id) =>
      (await call<PageAnswer<AttemptAnswer>>('GET', `/v1/events/${id}/attempts`)).body.items,
    deadLetters: async (query = '') =>
      (await call<PageAnswer<DeadLetterAnswer>>('GET', `/v1/admin/dead-letters${query}`)).body.items,
  }
}
