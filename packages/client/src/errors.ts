/**
 * The one error the client throws on purpose: what the server refused (RFC 9457), or why no answer came.
 *
 * It holds what the server said and nothing of what was sent, so that no API key gets into a log with it.
 */

/** One wrong field: where (`data.items[2].price`) and what. */
export type FieldError = { readonly path: string; readonly message: string }

export type ErrorFacts = {
  readonly code: string
  readonly title: string
  readonly status?: number | undefined
  readonly detail?: string | undefined
  readonly errors?: readonly FieldError[] | undefined
  readonly fix?: string | undefined
  readonly requestId?: string | undefined
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/**
 * `code` is one of docs/errors.md, or of the client's own: `network-error`, `timeout`, `unexpected-answer`.
 */
export class ManifoldError extends Error {
  override readonly name = 'ManifoldError'
  readonly code: string
  readonly title: string
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined
  /** What is wrong with this very request. */
  readonly detail: string | undefined
  readonly errors: readonly FieldError[]
  /** What to do about it. */
  readonly fix: string | undefined
  /** Finds the request in the server's log. */
  readonly requestId: string | undefined
  /** How long the server asks to be left alone. */
  readonly retryAfterMs: number | undefined

  constructor(facts: ErrorFacts) {
    super(messageOf(facts), facts.cause === undefined ? {} : { cause: facts.cause })
    this.code = facts.code
    this.title = facts.title
    this.status = facts.status
    this.detail = facts.detail
    this.errors = facts.errors ?? []
    this.fix = facts.fix
    this.requestId = facts.requestId
    this.retryAfterMs = facts.retryAfterMs
  }
}

const SHOWN_ERRORS = 5

function messageOf({ code, title, detail, errors = [] }: ErrorFacts): string {
  const fields = errors.slice(0, SHOWN_ERRORS).map(({ path, message }) => `${path}: ${message}`)
  if (errors.length > SHOWN_ERRORS) fields.push(`and ${String(errors.length - SHOWN_ERRORS)} more`)
  const what = [title, detail, fields.length === 0 ? undefined : fields.join('; ')]
  return `${what.filter((part) => part !== undefined && part !== '').join(': ')} (${code})`
}

/** Reads a problem document out of what came; undefined when it is none. */
export function readProblem(value: unknown): ErrorFacts | undefined {
  if (!isRecord(value) || typeof value['code'] !== 'string') return undefined
  const text = (name: string) => (typeof value[name] === 'string' ? value[name] : undefined)
  return {
    code: value['code'],
    title: text('title') ?? 'The request was refused',
    status: typeof value['status'] === 'number' ? value['status'] : undefined,
    detail: text('detail'),
    errors: Array.isArray(value['errors']) ? value['errors'].filter(isFieldError) : undefined,
    fix: text('fix'),
    requestId: text('requestId'),
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFieldError(value: unknown): value is FieldError {
  return isRecord(value) && typeof value['path'] === 'string' && typeof value['message'] === 'string'
}
