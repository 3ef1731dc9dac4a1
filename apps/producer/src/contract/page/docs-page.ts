/**
 * The page at `/docs`: the documents for people, as plain HTML with one style sheet.
 *
 * No script runs in it and nothing comes from elsewhere, so that the strictest content policy can stand.
 */
import { readFile } from 'node:fs/promises'
import { PROBLEMS } from '@manifold/domain'
import { VERSION } from '@manifold/runtime'
import { asyncApiDocument } from '../asyncapi.ts'
import { openApiDocument } from '../openapi.ts'
import { OPERATIONS } from '../operations/index.ts'
import { TAGS } from '../tags.ts'
import { channelNavigation, channelsView } from './channel-view.ts'
import { html, inline, prose, type Html } from './html.ts'
import { operationView } from './operation-view.ts'
import { schemaView } from './schema-view.ts'

/** The page. */
export function docsPage(): string {
  const { info, components } = openApiDocument()
  const asyncApi = asyncApiDocument()
  const schemas = { ...components.schemas, ...asyncApi.components.schemas }
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Manifold HTTP API</title>
        <link rel="stylesheet" href="/docs/style.css" />
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <h1>Manifold HTTP API <small>${VERSION}</small></h1>
        </header>
        <nav aria-label="Operations">${tagsWith(navigation)}${channelNavigation(asyncApi)}</nav>
        <main id="content">
          ${prose(info.description)}
          <p>
            ${inline(components.securitySchemes.apiKey.description)} Add
            <code>-H 'authorization: Bearer …'</code> to the commands then.
          </p>
          <p>
            For programs: <a href="/openapi.json">/openapi.json</a>,
            <a href="/asyncapi.json">/asyncapi.json</a>.
          </p>
          ${tagsWith(operationsOf)} ${channelsView(asyncApi)}
          <section id="schemas">
            <h2>Schemas</h2>
            ${Object.entries(schemas).map(([name, schema]) => schemaView(name, schema))}
          </section>
          ${problems()}
        </main>
      </body>
    </html>`
  return page.html
}

/** Its style sheet. */
export function docsStyle(): Promise<string> {
  return readFile(new URL('style.css', import.meta.url), 'utf8')
}

function tagsWith(view: (tag: string, description: string) => Html): Html[] {
  return Object.entries(TAGS).map(([tag, description]) => view(tag, description))
}

function navigation(tag: string): Html {
  return html`<h2>${tag}</h2>
    <ul>
      ${OPERATIONS.filter((one) => one.tag === tag).map(
        ({ id, summary }) => html`<li><a href="#${id}">${summary}</a></li>`,
      )}
    </ul>`
}

function operationsOf(tag: string, description: string): Html {
  return html`<section>
    <h2>${tag}</h2>
    <p>${description}</p>
    ${OPERATIONS.filter((one) => one.tag === tag).map(operationView)}
  </section>`
}

function problems(): Html {
  return html`<section id="problems">
    <h2>Problems</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">code</th>
          <th scope="col">status</th>
          <th scope="col">meaning</th>
          <th scope="col">fix</th>
        </tr>
      </thead>
      <tbody>
        ${Object.entries(PROBLEMS).map(
          ([code, { status, title, fix }]) =>
            html`<tr id="problem-${code}">
              <th scope="row"><code>${code}</code></th>
              <td>${status}</td>
              <td>${title}</td>
              <td>${inline(fix)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`
}
