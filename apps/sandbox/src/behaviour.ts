/**
 * Behaviours: how the sandbox answers, scripted by a path such as `/status/503` or `/flaky?fail=2`.
 *
 * One function a behaviour; the table at the end is the list a reader wants.
 */
import type { Request, Response } from 'express'

export type BehaviourContext = {
  readonly request: Request
  readonly response: Response
  /** What stands behind the behaviour's name in the path. */
  readonly argument: string
  readonly query: URLSearchParams
  /** How many requests with this `Idempotency-Key` came to this path before. */
  readonly earlier: number
}

/** A number of the path or query; what is none is the fallback. */
function numberOf(text: string | null, fallback: number): number {
  const value = Number(text ?? fallback)
  return Number.isInteger(value) && value >= 0 ? value : fallback
}

function statusOf(text: string | null, fallback: number): number {
  const code = numberOf(text, fallback)
  return code >= 200 && code <= 599 ? code : fallback
}

type Behaviour = (context: BehaviourContext) => void

/** Answers 200 with what it was sent as. */
const ok: Behaviour = ({ response }) => {
  response.json({ ok: true })
}

/** `/status/418`: that status. */
const status: Behaviour = ({ response, argument }) => {
  const code = statusOf(argument, 400)
  response.status(code).json({ status: code })
}

/** `/delay/500`: 200 after that many milliseconds. */
const delay: Behaviour = ({ response, argument }) => {
  setTimeout(() => response.json({ ok: true }), numberOf(argument, 0))
}

/** `/flaky?fail=2&status=503`: fails the first two tries of each delivery, then 200. */
const flaky: Behaviour = ({ response, query, earlier }) => {
  const failures = numberOf(query.get('fail'), 1)
  if (earlier < failures)
    response.status(statusOf(query.get('status'), 503)).json({ try: earlier + 1, of: failures })
  else response.json({ ok: true, tries: earlier + 1 })
}

/** Never answers. */
const hang: Behaviour = () => undefined

/** Cuts the connection without an answer. */
const reset: Behaviour = ({ request }) => {
  request.socket.resetAndDestroy()
}

/** Answers 200 and then a byte each 100 ms, for ever. */
const drip: Behaviour = ({ response }) => {
  response.writeHead(200, { 'content-type': 'text/plain' })
  const timer = setInterval(() => response.write('.'), 100)
  response.once('close', () => {
    clearInterval(timer)
  })
}

/** `/big?bytes=1000000`: 200 with a body of that size. */
const big: Behaviour = ({ response, query }) => {
  response.type('text/plain').send(Buffer.alloc(numberOf(query.get('bytes'), 1_000_000), 'x'))
}

/** `/retry-after/2?status=429`: asks to come back in that many seconds. */
const retryAfter: Behaviour = ({ response, argument, query }) => {
  response
    .set('retry-after', argument)
    .status(statusOf(query.get('status'), 503))
    .json({ retryAfter: argument })
}

/** `/redirect?to=…`: a 302. */
const redirect: Behaviour = ({ response, query }) => {
  response.redirect(query.get('to') ?? '/ok')
}

/** `/json?body={"error":"no"}&status=200`: that JSON, for APIs that answer 200 with an error inside. */
const json: Behaviour = ({ response, query }) => {
  response
    .status(statusOf(query.get('status'), 200))
    .type('application/json')
    .send(query.get('body') ?? '{}')
}

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  ok,
  status,
  delay,
  flaky,
  hang,
  reset,
  drip,
  big,
  'retry-after': retryAfter,
  redirect,
  json,
}

export const BEHAVIOUR_NAMES: readonly string[] = Object.keys(BEHAVIOURS)

export type ParsedBehaviour = {
  readonly run: Behaviour
  readonly argument: string
  readonly query: URLSearchParams
}

/** Reads `/flaky?fail=2`. `undefined` when there is no such behaviour. */
export function parseBehaviour(path: string): ParsedBehaviour | undefined {
  const url = new URL(`http://sandbox${path}`)
  const [, name = '', argument = ''] = url.pathname.split('/')
  const run = Object.hasOwn(BEHAVIOURS, name) ? BEHAVIOURS[name] : undefined
  return run === undefined ? undefined : { run, argument, query: url.searchParams }
}
