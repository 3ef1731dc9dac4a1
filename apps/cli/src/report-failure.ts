/** What a command says when it fails, and what it ends with. Nothing of what was sent is in it, so no key is. */
import type { ManifoldError } from '@manifold/client'
import { EXIT, type ExitCode } from './exit-codes.ts'
import type { Interrupted } from './terminal/interruption.ts'
import { plainLines } from './terminal/plain-text.ts'

export type Failure = { readonly text: string; readonly exitCode: ExitCode }

/** @param json whether the command was asked to answer programs */
export function describeFailure(error: unknown, json: boolean): Failure {
  if (isInterruption(error)) return { text: '', exitCode: error.exitCode }
  if (isManifoldError(error)) {
    const text = json ? JSON.stringify(problemOf(error)) : textOf(error)
    return { text: `${text}\n`, exitCode: exitCodeOf(error) }
  }
  const message = error instanceof Error ? error.message : String(error)
  const text = json ? JSON.stringify({ code: 'failed', title: message }) : plainLines(message)
  return { text: `${text}\n`, exitCode: EXIT.failed }
}

/** What programs are told of a command that was written wrongly, in the form of every other error. */
export function describeMisuse(message: string): string {
  // Commander's own for a command that lacks its subcommand.
  const said = message === '(outputHelp)' ? 'a command is missing' : message.replace(/^error: /, '')
  const [title = '', ...rest] = said.split('\n')
  const detail = rest.join('\n').trim()
  const fix = 'See "manifold --help", or that of the command.'
  return `${JSON.stringify({ code: 'usage', title, ...(detail === '' ? {} : { detail }), fix })}\n`
}

/** The error as the API's own problem document, as far as it goes. */
export function problemOf(error: ManifoldError): object {
  const { code, title, status, detail, errors, fix, requestId } = error
  return {
    code,
    title,
    status,
    detail,
    ...(errors.length === 0 ? {} : { errors }),
    fix: fixOf(error) ?? fix,
    requestId,
  }
}

/** What is wrong, every wrong field, and the fix, a line each. */
export function textOf(error: ManifoldError): string {
  const { code, title, detail, errors, requestId } = error
  const fix = fixOf(error)
  const lines = [
    `error: ${title}${detail === undefined ? '' : `: ${detail}`}`,
    ...errors.map(({ path, message }) => `  ${path}: ${message}`),
    ...(fix === undefined ? [] : [`  fix: ${fix}`]),
    `  (${code}${requestId === undefined ? '' : `, request ${requestId}`})`,
  ]
  return plainLines(lines.join('\n'))
}

/** In the words of the command line, where the API's would lead nowhere. */
function fixOf({ code, fix }: ManifoldError): string | undefined {
  switch (code) {
    case 'network-error':
    case 'timeout':
      return 'Start a producer ("npm start" runs everything here, "npm run producer" only that), or name its address with --url or MANIFOLD_URL.'
    case 'unauthenticated':
      return 'Give a key with MANIFOLD_API_KEY, MANIFOLD_API_KEY_FILE or --key; "manifold keys create" makes one.'
    case 'unexpected-answer':
      return 'Check --url or MANIFOLD_URL: something else than Manifold answers there.'
    default:
      return fix
  }
}

export function exitCodeOf({ code, status }: ManifoldError): ExitCode {
  if (code === 'network-error' || code === 'timeout' || code === 'unexpected-answer') return EXIT.unreachable
  if (status === 401 || status === 403) return EXIT.notAllowed
  if (status === 502 || status === 503 || status === 504) return EXIT.unreachable
  return EXIT.failed
}

/** By name: their modules are loaded only where they are used. */
export function isManifoldError(error: unknown): error is ManifoldError {
  return error instanceof Error && error.name === 'ManifoldError'
}

function isInterruption(error: unknown): error is Interrupted {
  return error instanceof Error && error.name === 'Interrupted'
}
