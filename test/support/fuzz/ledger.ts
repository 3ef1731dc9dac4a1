/** Which events were said to be taken: what the list of events is compared with. */
import type { Answered } from '../contract.ts'
import type { Api, EventAnswer, PageAnswer } from '../api.ts'

export type Ledger = {
  readonly note: (...ids: string[]) => void
  /** Notes what an answer to a POST says was taken. */
  readonly read: (answer: Answered) => void
  /** Events that are there and should not be, or the other way round. */
  readonly differences: (api: Api) => Promise<{ readonly unsaid: string[]; readonly missing: string[] }>
}

export function openLedger(): Ledger {
  const said = new Set<string>()
  const note = (...ids: string[]) => {
    for (const id of ids) said.add(id)
  }
  return {
    note,
    read: (answer) => {
      note(...documentsOf(answer).flatMap(idsIn))
    },
    differences: async (api) => {
      const there = new Set(await everyEvent(api))
      return {
        unsaid: [...there].filter((id) => !said.has(id)),
        missing: [...said].filter((id) => !there.has(id)),
      }
    },
  }
}

function documentsOf({ status, headers, text }: Answered): unknown[] {
  if (status >= 300 || text === '') return []
  const type = headers.get('content-type') ?? ''
  if (type.startsWith('application/x-ndjson'))
    return text
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
  return type.startsWith('application/json') ? [JSON.parse(text)] : []
}

/** An event says its deliveries; a batch its items, a webhook what it became. */
function idsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { id, deliveries, items, accepted } = value as Record<string, unknown>
  if (typeof id === 'string' && Array.isArray(deliveries)) return [id]
  if (Array.isArray(items)) return items.flatMap(idsIn)
  return Array.isArray(accepted) ? accepted.map(String) : []
}

async function everyEvent(api: Api): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`
    const page = await api.call<PageAnswer<EventAnswer>>('GET', `/v1/events?limit=200${query}`)
    ids.push(...page.body.items.map(({ id }) => id))
    cursor = page.body.nextCursor
  }
  return ids
}
