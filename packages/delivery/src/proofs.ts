/**
 * Proofs: what authentication put on a request. They are as secret as what they were made of, and targets repeat them.
 */
import { hideValues, type HideText, type OutgoingRequest } from '@manifold/domain'

/** Headers of a request that prove nothing, whoever set them; others are never told. */
const TOLD_OF_REQUESTS =
  /^(?:accept|content-type|content-encoding|user-agent|idempotency-key|traceparent|webhook-id|webhook-timestamp|ce-(?:id|type|source|subject|time|specversion))$/

/** @param name in lower case */
export function isToldOfRequests(name: string): boolean {
  return TOLD_OF_REQUESTS.test(name)
}

/** Headers and query parameters that were added or changed, by name. */
export type Proofs = {
  readonly headers: ReadonlyMap<string, string>
  readonly parameters: readonly (readonly [string, string])[]
}

/**
 * @param rendered the request before authentication
 * @param isPublic headers, by their name, that may be added for everybody to see
 */
export function proofsOf(
  rendered: OutgoingRequest,
  sent: OutgoingRequest,
  isPublic: (name: string) => boolean = isToldOfRequests,
): Proofs {
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(sent.headers))
    if (rendered.headers[name] !== value && !isPublic(name)) headers.set(name, value)
  return { headers, parameters: sent.url === rendered.url ? [] : addedParameters(rendered.url, sent.url) }
}

/** Every value that an answer or an error may repeat: as a whole, and what follows a scheme. */
export function proofValues({ headers, parameters }: Proofs): string[] {
  return [
    ...[...headers.values()].flatMap((value) => [value, ...value.split(' ').slice(1)]),
    ...parameters.map(([, value]) => value),
  ]
}

/** Hides what authentication put on a request, wherever an answer or an error repeats it. */
export function hideProofs(rendered: OutgoingRequest, sent: OutgoingRequest): HideText {
  return hideValues(proofValues(proofsOf(rendered, sent)))
}

function addedParameters(before: string, after: string): [string, string][] {
  const known = new Set(URL.parse(before)?.searchParams.values())
  return [...(URL.parse(after)?.searchParams ?? [])].filter(([, value]) => !known.has(value))
}
