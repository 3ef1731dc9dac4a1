/** One operation as a reader sees it: what it takes, what it answers, and each example as a command. */
import { PROBLEMS } from '@manifold/domain'
import { ANSWER_HEADERS, REQUEST_HEADERS } from '../headers.ts'
import { examplesOf, type Answer, type Content, type Operation } from '../operation.ts'
import { parametersIn, PATH_PARAMETERS } from '../path-parameters.ts'
import { problemsOf } from '../problems-of.ts'
import { queryProperties } from '../schemas.ts'
import { curlOf } from './curl.ts'
import { html, inline, prose, type Html } from './html.ts'
import { schemaLink, typeOf } from './schema-view.ts'

export function operationView(operation: Operation): Html {
  const { id, method, path, summary, description, scope } = operation
  return html`<article id="${id}">
    <h3>
      <a href="#${id}"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></a>
    </h3>
    <p class="summary">
      ${summary}${scope === 'none' ? undefined : html` <small>scope <code>${scope}</code></small>`}
    </p>
    ${description === undefined ? undefined : prose(description)} ${parameters(operation)}
    ${bodies(operation)}
    <h4>Examples</h4>
    ${examplesOf(operation).map(
      (example) =>
        html`<details>
          <summary>${example.summary} <small>→ ${example.status}</small></summary>
          <pre tabindex="0"><code>${curlOf(operation, example)}</code></pre>
        </details>`,
    )}
    <h4>Answers</h4>
    <dl>
      ${Object.entries(operation.answers).map(([status, answer]) => answerView(status, answer))}
      ${[...problemsOf(operation)].map(
        ([status, codes]) =>
          html`<dt>${status}</dt>
            <dd>
              <ul>
                ${codes.map(
                  (code) =>
                    html`<li>
                      <a href="#problem-${code}"><code>${code}</code></a> ${PROBLEMS[code].title}
                    </li>`,
                )}
              </ul>
            </dd>`,
      )}
    </dl>
  </article>`
}

function parameters(operation: Operation): Html | undefined {
  const rows = [
    ...parametersIn(operation.path).map(
      (name) => [name, 'path', html`string`, PATH_PARAMETERS[name]] as const,
    ),
    ...(operation.query === undefined ? [] : queryProperties(operation.query)).map(
      ({ name, schema }) => [name, 'query', typeOf(schema), schema] as const,
    ),
    ...(operation.headers ?? []).map(
      (name) => [name, 'header', typeOf(REQUEST_HEADERS[name].schema), REQUEST_HEADERS[name]] as const,
    ),
  ]
  if (rows.length === 0) return undefined
  return html`<table>
    <caption>
      Parameters
    </caption>
    <tbody>
      ${rows.map(
        ([name, place, type, about]) =>
          html`<tr>
            <th scope="row"><code>${name}</code> <small>${place}</small></th>
            <td>${type}</td>
            <td>${inline(about?.description)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

function bodies({ body }: Operation): Html | undefined {
  if (body === undefined) return undefined
  return html`<h4>Body</h4>
    <ul>
      ${Object.entries(body).map(
        ([type, content]) => html`<li><code>${type}</code>: ${contentView(content)}</li>`,
      )}
    </ul>`
}

function contentView(content: Content): Html {
  if (content === 'text') return html`text`
  if (content === 'object') return html`a JSON object`
  if (typeof content === 'string') return schemaLink(content)
  if ('each' in content) return html`each line or frame is ${schemaLink(content.each)}`
  return html`${content.map((name, index) => html`${index === 0 ? '' : ' or '}${schemaLink(name)}`)}`
}

function answerView(
  status: string,
  { description, headers = [], sometimes = [], content = {} }: Answer,
): Html {
  return html`<dt>${status}</dt>
    <dd>
      ${inline(description)}
      ${Object.entries(content).map(
        ([type, { schema, example }]) =>
          html`<details>
            <summary><code>${type}</code> ${contentView(schema)}</summary>
            <pre
              tabindex="0"
            ><code>${typeof example === 'string' ? example : JSON.stringify(example, null, 2)}</code></pre>
          </details>`,
      )}
      <ul>
        ${[...headers, ...sometimes].map(
          (name) => html`<li><code>${name}</code> ${inline(ANSWER_HEADERS[name].description)}</li>`,
        )}
      </ul>
    </dd>`
}
