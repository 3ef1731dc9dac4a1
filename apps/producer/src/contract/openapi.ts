/**
 * The OpenAPI 3.1 document of the HTTP API, made from the operations and the schemas they name.
 *
 * Own assembly: zod writes the schemas, and the AsyncAPI document shares them, which no OpenAPI library does.
 */
import type { ProblemCode } from '@manifold/domain'
import { VERSION } from '@manifold/runtime'
import { problemExample } from './answers/index.ts'
import { ANSWER_HEADERS, REQUEST_HEADERS, type AnswerHeader, type RequestHeader } from './headers.ts'
import { documentedType, examplesOf, type Answer, type Content, type Operation } from './operation.ts'
import { OPERATIONS } from './operations/index.ts'
import { parametersIn, PATH_PARAMETERS } from './path-parameters.ts'
import { isLimited, problemsOf } from './problems-of.ts'
import { queryProperties, refTo, schemasReferredToBy } from './schemas.ts'
import { TAGS } from './tags.ts'

const DESCRIPTION = `One POST in, every API out: events are made durable, and fanned out to the targets that want them.

Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\` and its \`fix\`. Times are RFC 3339, durations in milliseconds. Lists are \`{items, nextCursor}\`. A method that a path does not take is answered with 405 and \`Allow\`, and what is no request with \`malformed-request\`, \`headers-too-large\` or \`request-timeout\`. Streams and callbacks are in [/asyncapi.json](/asyncapi.json).`

/** The document, as an object. */
export function openApiDocument() {
  const paths = pathsOf(OPERATIONS)
  return {
    openapi: '3.1.1',
    info: {
      title: 'Manifold',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'Where this document came from.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A key with the scope the operation names: `publish`, `read` or `admin`. It may be for events of some types only: others it cannot publish, and does not see. Where neither keys nor tokens are configured, none is asked for, and the producer listens on loopback only.',
        },
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'A token of the configured issuer, with the scope in `scope`, `scp` or `permissions`, as `publish` or as `manifold:publish`.',
        },
      },
      schemas: schemasReferredToBy(paths),
    },
  }
}

function pathsOf(operations: readonly Operation[]) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation) }
  }
  return paths
}

function operationObject(operation: Operation) {
  const parameters = [
    ...parametersIn(operation.path).map(pathParameter),
    ...queryParameters(operation),
    ...(operation.headers ?? []).map((name) => headerParameter(operation, name)),
  ]
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    security: operation.scope === 'none' ? [] : [{ apiKey: [operation.scope] }, { token: [operation.scope] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.body === undefined ? {} : { requestBody: requestBody(operation, operation.body) }),
    responses: responses(operation),
  }
}

function pathParameter(name: string) {
  const known = PATH_PARAMETERS[name]
  if (known === undefined) throw new Error(`the path parameter ${name} is not described`)
  return { name, in: 'path', required: true, schema: { type: 'string' }, ...known }
}

function queryParameters(operation: Operation) {
  if (operation.query === undefined) return []
  return queryProperties(operation.query).map(({ name, required, schema: { description, ...schema } }) => ({
    name,
    in: 'query',
    required,
    ...(description === undefined ? {} : { description }),
    schema,
    ...parameterExamples(operation, (example) => {
      const text = example.query?.[name]
      return text !== undefined && schema.type === 'integer' ? Number(text) : text
    }),
  }))
}

function headerParameter(operation: Operation, name: RequestHeader) {
  return {
    name,
    in: 'header',
    ...REQUEST_HEADERS[name],
    ...parameterExamples(operation, (example) => example.headers?.[name]),
  }
}

type Chosen = (example: ReturnType<typeof examplesOf>[number]) => unknown

/** What each example has for one parameter or body, by the example's name. */
function namedExamples(operation: Operation, choose: Chosen) {
  return Object.fromEntries(
    examplesOf(operation).flatMap((example) => {
      const value = choose(example)
      return value === undefined ? [] : [[example.name, { summary: example.summary, value }]]
    }),
  )
}

function parameterExamples(operation: Operation, choose: Chosen) {
  const examples = namedExamples(operation, choose)
  return Object.keys(examples).length === 0 ? {} : { examples }
}

function requestBody(operation: Operation, body: NonNullable<Operation['body']>) {
  const content = Object.entries(body).map(([type, schema]) => [
    type,
    {
      schema: schemaOf(schema),
      examples: namedExamples(operation, (example) =>
        documentedType(body, example) === type ? example.body?.value : undefined,
      ),
    },
  ])
  return { required: true, content: Object.fromEntries(content) as Record<string, unknown> }
}

function responses(operation: Operation) {
  const all: Record<string, object> = {}
  for (const [status, answer] of Object.entries(operation.answers))
    all[status] = answerObject(answer, operation)
  for (const [status, codes] of problemsOf(operation)) {
    const documented = all[status]
    all[status] = documented === undefined ? problemObject(codes) : withProblem(documented, codes)
  }
  return all
}

/** What the caller has left is in every answer to one who is limited. */
const LIMIT_HEADERS = ['RateLimit-Policy', 'RateLimit'] as const

function answerObject(
  { description, headers = [], sometimes = [], content = {} }: Answer,
  operation: Operation,
) {
  const bodies = Object.entries(content).map(([type, { schema, example }]) => [
    type,
    { schema: schemaOf(schema), example },
  ])
  return {
    description,
    headers: headerObjects(
      ['X-Request-Id', ...headers],
      [...sometimes, ...(isLimited(operation) ? LIMIT_HEADERS : [])],
    ),
    ...(bodies.length === 0 ? {} : { content: Object.fromEntries(bodies) as Record<string, unknown> }),
  }
}

function headerObjects(always: readonly AnswerHeader[], sometimes: readonly AnswerHeader[]) {
  return Object.fromEntries(
    [...always, ...sometimes].map((name) => [
      name,
      { required: always.includes(name), ...ANSWER_HEADERS[name] },
    ]),
  )
}

const PROBLEM_HEADERS: Readonly<Partial<Record<ProblemCode, AnswerHeader>>> = {
  unauthenticated: 'WWW-Authenticate',
  'rate-limited': 'Retry-After',
  'token-keys-unavailable': 'Retry-After',
  'method-not-allowed': 'Allow',
  'target-overloaded': 'Retry-After',
  overloaded: 'Retry-After',
  'store-unavailable': 'Retry-After',
  'too-many-followers': 'Retry-After',
  'newer-record': 'Retry-After',
}

function problemObject(codes: readonly ProblemCode[]) {
  const headers = codes.map((code) => PROBLEM_HEADERS[code])
  const named = [...new Set(headers.filter((name) => name !== undefined))]
  const limits = codes.includes('rate-limited') ? LIMIT_HEADERS : []
  const isLimitAlone = codes.length === 1
  const isSure = !headers.includes(undefined) && named.length === 1
  return {
    description: codes.map((code) => `\`${code}\`: ${problemExample(code).title}.`).join(' '),
    headers: headerObjects(
      ['X-Request-Id', ...(isSure ? named : []), ...(isLimitAlone ? limits : [])],
      [...(isSure ? [] : named), ...(isLimitAlone ? [] : limits)],
    ),
    content: problemContent(codes),
  }
}

function problemContent(codes: readonly ProblemCode[]) {
  const oneOfThem = { type: 'object', properties: { code: { type: 'string', enum: codes } } }
  return {
    'application/problem+json': {
      schema: { allOf: [refTo('Problem'), oneOfThem] },
      examples: Object.fromEntries(codes.map((code) => [code, { value: problemExample(code) }])),
    },
  }
}

/** A status that is an answer and a problem both: told apart by the media type. */
function withProblem(answer: object, codes: readonly ProblemCode[]) {
  const content = 'content' in answer && typeof answer.content === 'object' ? answer.content : {}
  return { ...answer, content: { ...content, ...problemContent(codes) } }
}

function schemaOf(content: Content) {
  if (content === 'text') return { type: 'string' }
  if (content === 'object') return { type: 'object' }
  if (typeof content === 'string') return refTo(content)
  if (!('each' in content)) return { anyOf: content.map(refTo) }
  return {
    type: 'string',
    description: 'Each line or frame is one JSON document.',
    contentMediaType: 'application/json',
    contentSchema: refTo(content.each),
  }
}
