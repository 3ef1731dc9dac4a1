/** Duplicated: what the target had taken came again, or came twice at a time, and nothing was disturbed that excuses it. */
import { wasTaken, type Case, type Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import type { RequestLine } from '../receiver-log.ts'
import { mayBeSentOnWaking, mayBeUnrecorded } from '../windows.ts'

/** Times are whole milliseconds of two processes: what is so close is one after the other. */
const CLOCK_MS = 2

export function findDuplicated(evidence: Evidence): Finding[] {
  return [...evidence.cases.flatMap((one) => sameId(one, evidence)), ...otherIds(evidence)]
}

function sameId({ id, requests }: Case, evidence: Evidence): Finding[] {
  return requests.flatMap((request, index): Finding[] => {
    // Each of the earlier ones by itself: that the first is excused says nothing of those behind it.
    const before = requests
      .slice(0, index)
      .find((earlier) => forbids(earlier, request) && !isExcused(earlier, request, evidence))
    if (before === undefined) return []
    const how = wasTaken(before) ? `answered ${String(before.status)}` : 'still under way'
    const detail = `request ${String(index + 1)} at ${time(request.atMs)}, though that of ${time(before.atMs)} was ${how}`
    return [{ kind: 'duplicated', subject: id, detail }]
  })
}

function forbids(earlier: RequestLine, request: RequestLine): boolean {
  return wasTaken(earlier) || earlier.endedMs > request.atMs + CLOCK_MS
}

function isExcused(earlier: RequestLine, request: RequestLine, evidence: Evidence): boolean {
  return mayBeUnrecorded(earlier, evidence) || mayBeSentOnWaking(earlier, request, evidence.windows)
}

/** The driver's key says which requests are about one event, whatever ids Manifold gave them. */
function otherIds({ requests }: Evidence): Finding[] {
  const known = requests.filter(({ key }) => key !== '')
  return [...Map.groupBy(known, ({ key, target }) => `${key} at ${target}`)].flatMap(
    ([subject, own]): Finding[] => {
      const ids = new Set(own.map(({ deliveryId }) => deliveryId))
      return ids.size > 1
        ? [{ kind: 'duplicated-under-another-id', subject, detail: [...ids].join(', ') }]
        : []
    },
  )
}

function time(ms: number): string {
  return new Date(ms).toISOString().slice(11, -1)
}
