/**
 * An operation: one method of one path, as it is documented.
 *
 * Examples are whole requests with the status they are answered with: the document, the page and the test that sends
 * them are made from the same ones.
 */
import type { Scope } from '@manifold/config'
import type { ProblemCode } from '@manifold/domain'
import type { z } from 'zod'
import type { AnswerHeader, RequestHeader } from './headers.ts'
import type { SchemaName } from './schemas.ts'
import type { Tag } from './tags.ts'

export type Operation = {
  readonly id: string
  readonly method: 'get' | 'post' | 'delete'
  /** Its parameters are named in `path-parameters.ts`. */
  readonly path: string
  readonly tag: Tag
  readonly summary: string
  readonly description?: string
  readonly scope: Scope | 'none'
  /** The schema the route itself reads the query with. */
  readonly query?: z.ZodObject
  readonly headers?: readonly RequestHeader[]
  /** What it takes, by media type. */
  readonly body?: Readonly<Record<string, Content>>
  /** It answers without Redis, too. */
  readonly answersWithoutStore?: true
  /** What it answers when all is well, by status. */
  readonly answers: Readonly<Record<number, Answer>>
  /** What it may answer otherwise, besides what comes with its scope and its body. */
  readonly problems: readonly ProblemCode[]
  /** Without one, the bare request is the example, and is answered with its first answer. */
  readonly examples?: readonly Example[]
}

/**
 * `text` is not JSON, `object` is JSON of another specification's form, and `each` is text whose lines or frames are JSON of
 * a schema; several schemas are a choice.
 */
export type Content = SchemaName | readonly SchemaName[] | 'text' | 'object' | { readonly each: SchemaName }

export type Answer = {
  readonly description: string
  readonly headers?: readonly AnswerHeader[]
  /** Headers that are there only at times; their descriptions say when. */
  readonly sometimes?: readonly AnswerHeader[]
  readonly content?: Readonly<Record<string, { readonly schema: Content; readonly example: unknown }>>
}

export type Example = {
  readonly name: string
  readonly summary: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Partial<Record<RequestHeader, string>>>
  /** A string is sent as it is, all else as JSON. */
  readonly body?: { readonly type: string; readonly value: unknown }
  readonly status: number
}

/** The examples of an operation; one without any has its bare request. */
export function examplesOf(operation: Operation): readonly Example[] {
  if (operation.examples !== undefined) return operation.examples
  const [status] = Object.keys(operation.answers)
  return [{ name: operation.id, summary: operation.summary, status: Number(status) }]
}

/** Under which of the documented media types an example's body is sent. */
export function documentedType(
  body: NonNullable<Operation['body']>,
  example: Pick<Example, 'body'>,
): string | undefined {
  if (example.body === undefined) return undefined
  return example.body.type in body ? example.body.type : '*/*'
}
