/** The operations of an OpenAPI document as what is fuzzed: read from the document alone, as a stranger would. */
import type { OpenApi } from '../contract.ts'
import type { Schema } from './from-schema.ts'

export type FuzzedOperation = {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly query: readonly { readonly name: string; readonly schema: Schema }[]
  readonly headers: readonly { readonly name: string; readonly schema: Schema }[]
  /** By media type. */
  readonly body: Readonly<Record<string, Schema & { readonly contentSchema?: Schema }>>
}

type Parameter = { readonly name: string; readonly in: string; readonly schema: Schema }

export function operationsOf({ paths }: OpenApi): FuzzedOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const parameters = 'parameters' in operation ? (operation.parameters as readonly Parameter[]) : []
      const content = Object.entries(operation.requestBody?.content ?? {})
      return {
        id: operation.operationId,
        method,
        path,
        query: parameters.filter((one) => one.in === 'query'),
        headers: parameters.filter((one) => one.in === 'header'),
        body: Object.fromEntries(content.map(([type, { schema }]) => [type, schema])),
      }
    }),
  )
}

/** The paths of the document that a raw one may mean: a path with fewer parameters comes first. */
export function pathsMeantBy(raw: string, { paths }: OpenApi): string[] {
  const parts = segmentsOf(raw)
  const meant = Object.keys(paths).filter((path) => {
    const wanted = segmentsOf(path)
    return (
      wanted.length === parts.length &&
      wanted.every((part, index) =>
        part.startsWith('{') ? parts[index] !== '' : part.toLowerCase() === parts[index]?.toLowerCase(),
      )
    )
  })
  return meant.sort((one, other) => one.split('{').length - other.split('{').length)
}

/** A slash at the end makes no difference. */
function segmentsOf(path: string): string[] {
  const [plain = ''] = path.split(/[?#]/, 1)
  return (plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain).split('/')
}
