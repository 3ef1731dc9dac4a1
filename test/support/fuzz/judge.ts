/** Is an answer one that the document allows, to whatever request? */
import { PROBLEMS } from '@manifold/domain'
import { mediaTypeOf, type Answered, type Contract } from '../contract.ts'
import { pathsMeantBy } from './operations.ts'

export type Asked = { readonly method: string; readonly target: string }

/** Problems of requests that reach no operation: some paths are guarded as a whole, and all below `/v1/sources` are sources. */
const NO_OPERATION = new Set([
  'route-not-found',
  'method-not-allowed',
  'upgrade-required',
  'source-not-found',
  'unauthenticated',
])

/** Problems of what is no request yet: no operation has them, all have them. */
const NO_REQUEST = new Set(['malformed-request', 'headers-too-large', 'request-timeout'])

export type Judgement = {
  /** Operations that answered so, if any: two paths may mean the same. */
  readonly operations: readonly string[]
  readonly faults: readonly string[]
}

export function judgeAnswer(contract: Contract, { method, target }: Asked, answer: Answered): Judgement {
  const { document, faultsOf } = contract
  if (answer.status >= 500) return { operations: [], faults: [`a ${String(answer.status)}: ${answer.text}`] }
  if (method === 'HEAD')
    return { operations: [], faults: answer.text === '' ? [] : ['HEAD is answered with a body'] }
  const code = codeOf(answer)
  if (code !== undefined && NO_REQUEST.has(code)) return { operations: [], faults: problemFaults(answer) }
  const verb = method.toLowerCase()
  const paths = pathsMeantBy(target.replace(/^http:\/\/[^/]*/i, ''), document)
  const meant = paths.flatMap((path) => {
    const operation = document.paths[path]?.[verb]
    return operation === undefined
      ? []
      : [{ id: operation.operationId, faults: faultsOf(path, verb, answer) }]
  })
  const fitting = meant.filter(({ faults }) => faults.length === 0)
  if (fitting.length > 0) return { operations: fitting.map(({ id }) => id), faults: [] }
  const [first] = meant
  // A path that is written out comes before one with parameters, whatever methods it takes.
  const isRefusedByAnother = code === 'method-not-allowed' && meant.length < paths.length
  if (first !== undefined && !isRefusedByAnother) return { operations: [], faults: first.faults }
  const faults = [
    ...problemFaults(answer),
    ...(NO_OPERATION.has(code ?? '') ? [] : [`no operation is asked for, and the answer is ${String(code)}`]),
    ...(code === 'method-not-allowed' && !answer.headers.has('allow') ? ['there is no Allow'] : []),
  ]
  return { operations: [], faults }
}

/** What is wrong with it as a problem of the catalogue. */
export function problemFaults(answer: Answered): string[] {
  const code = codeOf(answer)
  if (code === undefined) return [`${String(answer.status)} is no problem: ${answer.text.slice(0, 200)}`]
  const known = Object.entries(PROBLEMS).find(([name]) => name === code)?.[1]
  if (known === undefined) return [`${code} is not in the catalogue`]
  return known.status === answer.status ? [] : [`${code} comes with ${String(answer.status)}`]
}

export function codeOf(answer: Answered): string | undefined {
  if (mediaTypeOf(answer) !== 'application/problem+json') return undefined
  const { code } = JSON.parse(answer.text) as { readonly code?: unknown }
  return typeof code === 'string' ? code : undefined
}
