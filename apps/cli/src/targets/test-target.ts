/**
 * `manifold targets test`: one event from here straight to a target, with the config and the secrets of this machine.
 *
 * Owns what is shown of it. No producer, queue or Redis has a part in it, and nothing is recorded.
 */
import { hideRevealedSecrets, loadConfig, readSettings, requireSecrets, type Config } from '@manifold/config'
import type { HandlerLogger, ManifoldEvent, OutgoingRequest, Target, TargetResponse } from '@manifold/domain'
import { randomHex, VERSION } from '@manifold/runtime'
import type { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { misuse } from '../misuse.ts'
import { onInterrupt } from '../terminal/interruption.ts'
import { openOutput } from '../terminal/output.ts'
import { plainLines } from '../terminal/plain-text.ts'
import { attemptOnce, type Tested } from './attempt-once.ts'
import { createHider, type Hider } from './hide.ts'
import { makeTestEvent, type TestEventOptions } from './test-event.ts'

export type TestOptions = TestEventOptions & { readonly json?: boolean }

/** @throws ConfigError, SettingsError, what says which secrets are missing, or Interrupted */
export async function testTarget(command: Command, name: string, options: TestOptions): Promise<ExitCode> {
  const settings = readSettings()
  const config = await loadConfig(settings.configPath)
  const target = config.targets.find((one) => one.name === name)
  if (target === undefined) return misuse(command, unknownTarget(config, name))
  const making = makeTestEvent(config, target, options, () => `test-${randomHex(8)}`, Date.now())
  if (making.kind === 'mistake') return misuse(command, making.message)
  if (target.kind === 'http') requireSecrets([target.auth])

  const { event } = making
  const output = openOutput()
  const tested = await attemptOnce(
    {
      userAgent: `manifold/${VERSION}`,
      now: Date.now,
      randomHex,
      handlerLogger: handlerLogger(output.note),
      signal: onInterrupt(),
    },
    target,
    event,
  )
  const hider = createHider(tested.lastCall, hideRevealedSecrets)
  await output.print(
    options.json === true
      ? `${JSON.stringify(facts(target, event, tested, hider), undefined, 2)}\n`
      : plainLines(text(target, event, tested, hider)),
  )
  return tested.outcome.kind === 'delivered' ? EXIT.ok : EXIT.failed
}

/** What a function target's handler says, beside the result; it may repeat whatever it was given. */
function handlerLogger(note: (text: string) => void): HandlerLogger {
  const say = (level: string) => (fields: object, message: string) => {
    note(plainLines(hideRevealedSecrets(`${level}: ${message} ${JSON.stringify(fields)}`)))
  }
  return { info: say('info'), warn: say('warn'), error: say('error') }
}

function unknownTarget({ path, targets }: Config, name: string): string {
  return `no target "${name}" in ${path}; there are: ${targets.map((one) => one.name).join(', ') || 'none'}`
}

function facts(target: Target, event: ManifoldEvent, tested: Tested, hider: Hider): object {
  const { lastCall, outcome, error, durationMs } = tested
  const request = lastCall?.request
  const response = answerOf(tested)
  return {
    target: target.name,
    eventId: event.id,
    type: event.type,
    request: request === undefined ? null : shownRequest(request, hider),
    response: response === undefined ? null : shownResponse(response, hider),
    outcome: outcome.kind,
    reason: hider.text(outcome.reason),
    error: error === undefined ? null : hider.text(error),
    durationMs,
  }
}

/** The last one: of a token that could not be renewed, what it was refused with. */
function answerOf({ lastCall }: Tested): TargetResponse | undefined {
  return lastCall?.sent.kind === 'answered' ? lastCall.sent.response : undefined
}

function shownRequest({ method, url, headers, body }: OutgoingRequest, hider: Hider) {
  return { method, url: hider.url(url), headers: hider.headers(headers), body: hider.text(bodyText(body)) }
}

function shownResponse({ status, headers, text: body, truncated }: TargetResponse, hider: Hider) {
  return { status, headers: hider.headers(headers), body: hider.text(body), truncated }
}

function bodyText(body: OutgoingRequest['body']): string {
  if (body === undefined || typeof body === 'string') return body ?? ''
  return `(${String(body.length)} bytes) ${Buffer.from(body).toString('base64')}`
}

function text(target: Target, event: ManifoldEvent, tested: Tested, hider: Hider): string {
  const { lastCall, outcome, error, durationMs } = tested
  const request = lastCall?.request
  const response = answerOf(tested)
  const parts: string[] = []
  if (request !== undefined) {
    const { method, url, headers, body } = shownRequest(request, hider)
    parts.push(`${method} ${url}`, ...headerLines(headers), '', body, '')
  } else {
    parts.push(
      `${event.type} ${event.id} to ${target.name}: ${target.kind === 'http' ? 'nothing was sent' : 'handled here'}`,
      '',
    )
  }
  if (response !== undefined) {
    const { status, headers, body, truncated } = shownResponse(response, hider)
    const cut = truncated ? `\n(cut off at ${String(target.maxResponseBytes)} bytes)` : ''
    parts.push(
      `HTTP ${String(status)} after ${String(durationMs)} ms`,
      ...headerLines(headers),
      '',
      body + cut,
      '',
    )
  }
  if (error !== undefined) parts.push(`error: ${hider.text(error)}`)
  parts.push(`${outcome.kind} (${hider.text(outcome.reason)}): ${consequence(tested)}`)
  return `${parts.join('\n')}\n`
}

function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
}

/** What a worker would make of it. */
function consequence({ outcome }: Tested): string {
  switch (outcome.kind) {
    case 'delivered':
      return 'the target took it'
    case 'retryable':
      return 'a worker would try again later'
    case 'throttled':
      return 'a worker would leave the target alone for a while, at no cost'
    case 'permanent':
      return `a worker would make it a dead letter (${outcome.deadReason ?? 'rejected'})`
    default:
      return outcome satisfies never
  }
}
