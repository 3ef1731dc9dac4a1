/** Values that a JSON Schema of the documents allows. Owns the words of JSON Schema that the documents use, and no more. */
import fc from 'fast-check'

export type Schema = {
  readonly $ref?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly propertyNames?: Schema
}

export type SchemaContext = {
  readonly schemas: Readonly<Record<string, object>>
  /** Values of properties by name, where only some of what a schema allows means anything here. */
  readonly known: Readonly<Record<string, fc.Arbitrary<unknown>>>
}

/** Longer ones are for what is broken: here they would only be slow. */
const MAX_ITEMS = 4

export function fromSchema(context: SchemaContext, schema: Schema): fc.Arbitrary<unknown> {
  const inner = (one: Schema) => fromSchema(context, one)
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? ''
    return inner(context.schemas[name] ?? {})
  }
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const choice = schema.anyOf ?? schema.oneOf
  if (choice !== undefined) return fc.oneof(...choice.map(inner))
  if (Array.isArray(schema.type)) {
    return fc.oneof(...schema.type.map((type: string) => inner({ ...schema, type })))
  }
  switch (schema.type) {
    case 'string':
      return text(schema)
    case 'integer':
      return fc.integer({
        min: schema.minimum ?? -(2 ** 31),
        max: Math.min(schema.maximum ?? 2 ** 31 - 1, 2 ** 31 - 1),
      })
    case 'number':
      return fc
        .integer({ min: schema.minimum ?? schema.exclusiveMinimum ?? 0, max: 1_000 })
        .map((n) => n + 0.5)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(inner(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: MAX_ITEMS })
    case 'object':
      return object(context, schema)
    case undefined:
    default:
      return fc.jsonValue({ maxDepth: 3 })
  }
}

function text({ format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<unknown> {
  if (format === 'date-time') {
    return fc
      .date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString())
  }
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  return fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 40) })
}

function object(context: SchemaContext, schema: Schema): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema
  const fields = Object.entries(properties).map(([name, one]) => {
    const value = context.known[name] ?? fromSchema(context, one)
    return [name, required.includes(name) ? value.map((v) => [v]) : fc.option(value.map((v) => [v]))] as const
  })
  const own = fc
    .record(Object.fromEntries(fields))
    .map((record) =>
      Object.fromEntries(
        Object.entries(record).flatMap(([name, value]) =>
          value === null ? [] : [[name, value[0]] as const],
        ),
      ),
    )
  if (typeof additionalProperties !== 'object') return own
  const name =
    propertyNames === undefined ? fc.stringMatching(/^[a-z]{1,9}$/) : fromSchema(context, propertyNames)
  const more = fc.dictionary(name.map(String), fromSchema(context, additionalProperties), { maxKeys: 2 })
  return fc.tuple(own, more).map(([one, other]) => ({ ...other, ...one }))
}
