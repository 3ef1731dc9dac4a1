/**
 * The OpenAPI document as a judge of answers: status, headers, media type and body.
 *
 * Answers are documented as open, so that fields can be added; here they are closed, so that none is undocumented.
 */
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

export type Answered = { readonly status: number; readonly headers: Headers; readonly text: string }

export type Contract = {
  readonly document: OpenApi
  /** What is wrong with an answer; nothing when it is as documented. */
  readonly faultsOf: (path: string, method: string, answer: Answered) => string[]
}

type Media = {
  readonly schema: { readonly contentSchema?: object }
  readonly example?: unknown
  readonly examples?: Named
}

type Named = Readonly<Record<string, { readonly value: unknown }>>

type Header = { readonly required: boolean; readonly schema: object }

type Response = {
  readonly headers: Readonly<Record<string, Header>>
  readonly content?: Readonly<Record<string, Media>>
}

export type OpenApi = {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly operationId: string
            readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
            readonly responses: Readonly<Record<string, Response>>
          }
        >
      >
    >
  >
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

/** Reads the document from a producer. */
export async function readContract(url: string): Promise<Contract> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi
  const judge = schemaJudge(document)
  return {
    document,
    faultsOf: (path, method, answer) => {
      const response = document.paths[path]?.[method]?.responses[String(answer.status)]
      if (response === undefined) return [`the status ${String(answer.status)} is not documented`]
      const place = ['paths', path, method, 'responses', String(answer.status)]
      return [...headerFaults(judge, place, response, answer), ...bodyFaults(judge, place, response, answer)]
    },
  }
}

export type Judge = (place: readonly string[], value: unknown) => string[]

/** Judges values by the schemas of a document; a schema is given by its place. */
export function schemaJudge(document: { readonly components: { readonly schemas: object } }): Judge {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false })
  formats.default(ajv)
  const schemas = closed(document.components.schemas)
  ajv.addSchema({ ...document, components: { ...document.components, schemas } }, 'contract')
  return (place, value) => {
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    const validate = ajv.getSchema(`contract#/${pointer.join('/')}`)
    if (validate === undefined) throw new Error(`there is no schema at ${place.join(' ')}`)
    if (validate(value) === true) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
    )
  }
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  return 'properties' in inner && !('additionalProperties' in inner)
    ? { ...inner, additionalProperties: false }
    : inner
}

function headerFaults(
  judge: Judge,
  place: readonly string[],
  response: Response,
  answer: Answered,
): string[] {
  return Object.entries(response.headers).flatMap(([name, { required }]) => {
    const value = answer.headers.get(name)
    if (value === null) return required ? [`the header ${name} is missing`] : []
    return judge([...place, 'headers', name, 'schema'], value).map((fault) => `the header ${name}${fault}`)
  })
}

function bodyFaults(judge: Judge, place: readonly string[], response: Response, answer: Answered): string[] {
  const type = mediaTypeOf(answer)
  if (response.content === undefined) return answer.text === '' ? [] : ['there is a body']
  if (response.content[type] === undefined) return [`the media type ${type} is not documented`]
  const schema = [...place, 'content', type, 'schema']
  if (response.content[type].schema.contentSchema !== undefined) {
    return documentsIn(type, answer.text).flatMap((one) => judge([...schema, 'contentSchema'], one))
  }
  return judge(schema, type.endsWith('json') ? JSON.parse(answer.text) : answer.text)
}

/** The JSON documents in the lines of NDJSON, or in the frames of an event stream. */
function documentsIn(type: string, text: string): unknown[] {
  const start = type === 'text/event-stream' ? 'data: ' : ''
  return text
    .split('\n')
    .filter((line) => line !== '' && line.startsWith(start))
    .map((line): unknown => JSON.parse(line.slice(start.length)))
}

/** The media type of an answer, without its parameters. */
export function mediaTypeOf({ headers }: Answered): string {
  return headers.get('content-type')?.split(';')[0] ?? ''
}
