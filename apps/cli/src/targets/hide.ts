/**
 * Hides what must not be seen of a request and its answer: by name, by who put it there, and by value.
 *
 * Whatever the authentication adds is hidden, but for signatures and what they are made over: they prove a secret and
 * do not tell it. A secret's value is hidden wherever it turns up, also in an answer that repeats the request.
 */
import { proofsOf, proofValues, type Call, type Proofs } from '@manifold/delivery'
import { HIDDEN, hideValues, type HideText } from '@manifold/domain'
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

const NO_PROOFS: Proofs = { headers: new Map(), parameters: [] }

/**
 * @param call the request without authentication, and with it; `undefined` when none was sent
 * @param hideSecrets takes known secrets out of a text
 */
export function createHider(
  call: Pick<Call, 'rendered' | 'request'> | undefined,
  hideSecrets: HideText,
): Hider {
  const isSignature = (name: string) => SIGNATURE_HEADERS.has(name)
  const proofs = call === undefined ? NO_PROOFS : proofsOf(call.rendered, call.request, isSignature)
  const isHidden = (name: string, value: string) => proofs.headers.get(name) === value || isSecretWord(name)

  // Hidden where they stand, and wherever an answer repeats them.
  const named: Proofs = {
    headers: new Map(Object.entries(call?.request.headers ?? {}).filter(([name]) => isSecretWord(name))),
    parameters: parametersOf(call?.request.url).filter(([name]) => isSecretWord(name)),
  }
  const hideValuesOfCall = hideValues([...proofValues(proofs), ...proofValues(named)])
  const text = (given: string) => hideSecrets(hideValuesOfCall(given))
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
  return [...((url === undefined ? null : URL.parse(url))?.searchParams ?? [])]
}

/** Named like a secret; the rest of the query stays as it was written. */
function withoutSecretParameters(url: string): string {
  return url.replace(/([?&])([^=&#]+)=([^&#]*)/g, (whole, mark: string, name: string) =>
    isSecretWord(name) ? `${mark}${name}=${HIDDEN}` : whole,
  )
}
