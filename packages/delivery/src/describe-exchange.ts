/**
 * What is told of a request that failed, and of its answer: enough to see why, and nothing that proves who sent it.
 *
 * Headers are told by allow-list: one that nobody thought of is not. What stands in a URL's query never is; of the body of
 * an answer its beginning is, without any value that is known to be secret. Where the address itself is somebody's secret, no
 * more than its origin is told, and what an answer repeats of it is hidden.
 */
import {
  HIDDEN,
  hideValues,
  type HideText,
  type OutgoingRequest,
  type TargetResponse,
} from '@manifold/domain'
import { isToldOfRequests } from './proofs.ts'

export type Exchange = {
  readonly request: {
    readonly method: string
    /** Names of the query's parameters, not their values; or the origin alone. */
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
  }
  /** `undefined` when none came. */
  readonly response:
    | {
        readonly status: number
        readonly headers: Readonly<Record<string, string>>
        /** How it begins. */
        readonly body: string
      }
    | undefined
}

/** Of an answer; there may be many others, which are left out. */
const TOLD_OF_ANSWERS =
  /^(?:content-type|content-length|content-encoding|date|retry-after|server|via|allow|www-authenticate|(?:x-)?ratelimit(?:-[a-z]+)*|(?:x-)?(?:request|correlation|amzn-request|amzn-trace)-?id|traceparent|cf-ray)$/

const BODY_LENGTH = 512

/** How much of a body is searched for secrets, so that a long one costs no more. */
const SEARCHED_LENGTH = 16_384

/** No secret is longer: one that the search cut in two is behind what is told. */
const LONGEST_SECRET = 4_096

/** How much of an address may be told. */
export type ToldOfAddress = 'path' | 'origin'

/** @param clean takes every value that is known to be secret out of a text, what authentication put on the request among them */
export function describeExchange(
  sent: OutgoingRequest,
  response: TargetResponse | undefined,
  clean: HideText,
  told: ToldOfAddress = 'path',
): Exchange {
  return told === 'path'
    ? describe(sent, response, clean, clean(withoutQueryValues(sent.url)))
    : describe(sent, response, alsoHiding(partsOf(sent.url), clean), URL.parse(sent.url)?.origin ?? HIDDEN)
}

function describe(
  sent: OutgoingRequest,
  response: TargetResponse | undefined,
  clean: HideText,
  url: string,
): Exchange {
  const request = {
    method: sent.method,
    url,
    headers: mapHeaders(sent.headers, (name, value) => (isToldOfRequests(name) ? clean(value) : HIDDEN)),
  }
  if (response === undefined) return { request, response: undefined }
  return {
    request,
    response: {
      status: response.status,
      headers: mapHeaders(response.headers, (name, value) =>
        TOLD_OF_ANSWERS.test(name) ? clean(value) : undefined,
      ),
      body: beginningOf(response, clean),
    },
  }
}

/** Hidden first: what is cut in two is not found. */
function beginningOf({ text, truncated }: TargetResponse, clean: HideText): string {
  if (text.length <= SEARCHED_LENGTH) return clean(text, truncated).slice(0, BODY_LENGTH)
  return clean(text.slice(0, SEARCHED_LENGTH)).slice(0, -LONGEST_SECRET).slice(0, BODY_LENGTH)
}

function withoutQueryValues(url: string): string {
  const parsed = URL.parse(url)
  if (parsed === null) return HIDDEN
  const names = [...new Set(parsed.searchParams.keys())].map(
    (name) => `${encodeURIComponent(name)}=${HIDDEN}`,
  )
  return `${parsed.origin}${parsed.pathname}${names.length === 0 ? '' : `?${names.join('&')}`}`
}

function alsoHiding(values: readonly string[], clean: HideText): HideText {
  const hide = hideValues(values)
  return (text, isCut) => hide(clean(text, isCut), isCut)
}

/** Path and query of an address: as a whole, and whatever in them may be repeated alone. */
function partsOf(url: string): string[] {
  const parsed = URL.parse(url)
  if (parsed === null) return []
  const { pathname, search } = parsed
  const segments = pathname.split('/')
  const parameters = search
    .slice(1)
    .split('&')
    // A name without a value may be all that there is to know.
    .map((parameter) => parameter.slice(parameter.indexOf('=') + 1))
  const alone = [...segments, ...parameters]
  return [
    pathname + search,
    search,
    pathname,
    ...alone,
    ...alone.map(decoded),
    ...parsed.searchParams.values(),
  ]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function mapHeaders(
  headers: Readonly<Record<string, string>>,
  tell: (name: string, value: string) => string | undefined,
): Record<string, string> {
  const told: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const lowerCase = name.toLowerCase()
    const text = tell(lowerCase, value)
    if (text !== undefined) told[lowerCase] = text
  }
  return told
}
