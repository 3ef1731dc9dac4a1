/** A channel of the AsyncAPI document as a reader sees it: where it is, and each message that goes through it. */
import type { asyncApiDocument } from '../asyncapi.ts'
import { html, prose, type Html } from './html.ts'
import { schemaLink } from './schema-view.ts'

type Document = ReturnType<typeof asyncApiDocument>

/** Every channel, under an anchor each. */
export function channelsView({ channels, components }: Document): Html {
  return html`<section>
    <h2>streams and callbacks</h2>
    <p>What Manifold tells by itself.</p>
    ${Object.entries(channels).map(
      ([name, { title, address, description, messages }]) =>
        html`<article id="channel-${name}">
          <h3>
            <a href="#channel-${name}">${title} <code>${address}</code></a>
          </h3>
          ${prose(description)} ${Object.values(messages).map((one) => messageView(components, one.$ref))}
        </article>`,
    )}
  </section>`
}

function messageView({ messages }: Document['components'], reference: string): Html | undefined {
  const message = messages[reference.split('/').at(-1) ?? '']
  if (message === undefined) return undefined
  return html`<details>
    <summary>
      <code>${message.title}</code> ${schemaLink(message.payload.$ref.split('/').at(-1) ?? '')}
    </summary>
    ${message.examples.map(
      ({ payload }) => html`<pre tabindex="0"><code>${JSON.stringify(payload, null, 2)}</code></pre>`,
    )}
  </details>`
}

/** Its entries in the navigation. */
export function channelNavigation({ channels }: Document): Html {
  return html`<h2>streams and callbacks</h2>
    <ul>
      ${Object.entries(channels).map(
        ([name, { title }]) => html`<li><a href="#channel-${name}">${title}</a></li>`,
      )}
    </ul>`
}
