/** A JSON Schema as a reader sees it: a table of fields, each with its type in words. */
import type { JsonSchema } from '../schemas.ts'
import { html, inline, type Html } from './html.ts'

/** A named schema, under an anchor that others link to. */
export function schemaView(name: string, schema: JsonSchema): Html {
  return html`<article id="schema-${name}">
    <h3><code>${name}</code></h3>
    <p>${inline(schema.description)}</p>
    ${schema.properties === undefined ? html`<p>${typeOf(schema)}</p>` : fieldTable(name, schema)}
  </article>`
}

function fieldTable(name: string, schema: JsonSchema): Html {
  return html`<table>
    <caption class="unseen">
      Fields of ${name}
    </caption>
    <thead>
      <tr>
        <th scope="col">field</th>
        <th scope="col">type</th>
        <th scope="col">meaning</th>
      </tr>
    </thead>
    <tbody>
      ${fields(schema)}
    </tbody>
  </table>`
}

/** One row a field; those of an object within stand below it, under their paths. */
function fields(schema: JsonSchema, path = ''): Html[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    if (typeof field !== 'object') return []
    const isRequired = schema.required?.includes(name) === true
    const within = field.properties === undefined ? elementOf(field) : field
    const inner =
      within === undefined ? [] : fields(within, `${path}${name}${within === field ? '.' : '[].'}`)
    return [
      html`<tr>
        <th scope="row">
          <code>${path}${name}</code>${isRequired ? undefined : html` <small>optional</small>`}
        </th>
        <td>${typeOf(field)}</td>
        <td>${inline(field.description)}</td>
      </tr>`,
      ...inner,
    ]
  })
}

function elementOf({ items }: JsonSchema): JsonSchema | undefined {
  return typeof items === 'object' && !Array.isArray(items) && items.properties !== undefined
    ? items
    : undefined
}

/** The type of a field in words, with links to the schemas it names. */
export function typeOf(schema: JsonSchema): Html {
  if (schema.$ref !== undefined) return schemaLink(schema.$ref.split('/').at(-1) ?? '')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return joined(choices.map(typeOf))
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`
  if (schema.enum !== undefined) {
    return joined(schema.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`))
  }
  const { items } = schema
  if (typeof items === 'object' && !Array.isArray(items)) return html`list of ${typeOf(items)}`
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? 'any JSON value']
  return html`${types.join(' or ')}${schema.format === undefined ? undefined : ` (${schema.format})`}${rangeOf(schema)}`
}

/** A link to a schema of the page. */
export function schemaLink(name: string): Html {
  return html`<a href="#schema-${name}">${name}</a>`
}

function rangeOf({ minimum, maximum, minLength, maxLength, default: preset }: JsonSchema): string {
  const parts = [
    minimum === undefined && maximum === undefined ? '' : `${limit(minimum)}–${limit(maximum)}`,
    minLength === undefined && maxLength === undefined
      ? ''
      : `${limit(minLength)}–${limit(maxLength)} characters`,
    preset === undefined ? '' : `default ${JSON.stringify(preset)}`,
  ].filter((part) => part !== '')
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`
}

function limit(value: number | undefined): string {
  return value === undefined ? '' : String(value)
}

function joined(parts: readonly Html[]): Html {
  return html`${parts.map((part, index) => (index === 0 ? part : html` or ${part}`))}`
}
