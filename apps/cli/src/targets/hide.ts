/**
 * Hides what must not be seen of a request and its answer: by name, by who put it there, and by value.
 *
 * Whatever the authentication adds is hidden, but for signatures and what they are made over: they prove a secret and
 * do not tell it. A secret's value is hidden wherever it turns up, also in an answer that repeats the request.
 */
import { HIDDEN, hideValues, type OutgoingRequest } from '@manifold/domain'
import { isSecretName } from '@manifold/runtime'

/** What authentication may add for everybody to see. */
const SIGNATURE_HEADERS: ReadonlySet<string> = new Set([
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'x-amz-date',
  'x-amz-content-sha256',
  'content-type',
  'date',
  'digest',
  'content-digest',
])

const SECRET_WORD =
  /authori[sz]ation|token|secret|password|passwd|api[-_]?key|credential|cookie|(^|[-_.])(key|sig|signature|pass|auth)($|[-_.])/i

export type Hider = {
  readonly url: (url: string) => string
  readonly headers: (headers: Readonly<Record<string, string>>) => Record<string, string>
  readonly text: (text: string) => string
}

/**
 * @param secrets the values that the target's authentication has
 * @param before the request without authentication, and `after` with it
 */
export function createHider(
  secrets: readonly string[],
  before: OutgoingRequest | undefined,
  after: OutgoingRequest | undefined,
): Hider {
  const isHidden = (name: string, value: string | undefined) =>
    (after?.headers[name] !== before?.headers[name] &&
      after?.headers[name] === value &&
      !SIGNATURE_HEADERS.has(name)) ||
    isSecretWord(name)
  const known = parametersOf(before?.url)
  const isHiddenParameter = ([name, value]: readonly [string, string]) =>
    isSecretWord(name) || !known.some(([other, was]) => other === name && was === value)

  // Hidden where they stand, and wherever an answer repeats them.
  const hiddenValues = [
    ...Object.entries(after?.headers ?? {}).flatMap(([name, value]) =>
      isHidden(name, value) ? [value] : [],
    ),
    ...parametersOf(after?.url).flatMap((one) => (isHiddenParameter(one) ? [one[1]] : [])),
  ]
  // What follows a scheme, such as a bearer token.
  const bare = hiddenValues.flatMap((value) => value.split(' ').slice(1))
  const text = hideValues([...secrets, ...hiddenValues, ...bare])
  return {
    text,
    headers: (headers) =>
      Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, isHidden(name, value) ? HIDDEN : text(value)]),
      ),
    url: (given) => text(withoutSecretParameters(given)),
  }
}

function isSecretWord(name: string): boolean {
  return (
    isSecretName(name) ||
    (SECRET_WORD.test(name) && name !== 'idempotency-key' && !SIGNATURE_HEADERS.has(name))
  )
}

function parametersOf(url: string | undefined): [string, string][] {
  return url === undefined ? [] : [...new URL(url).searchParams]
}

/** Named like a secret; the rest of the query stays as it was written. */
function withoutSecretParameters(url: string): string {
  return url.replace(/([?&])([^=&#]+)=([^&#]*)/g, (whole, mark: string, name: string) =>
    isSecretWord(name) ? `${mark}${name}=${HIDDEN}` : whole,
  )
}
