/** HTML as text: what is put into a template is escaped, unless it is HTML already. */

export type Html = { readonly html: string }

type Part = Html | string | number | readonly Part[] | undefined

/** A template whose parts are escaped; lists are joined, and `undefined` is left out. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: texts.map((text, index) => text + rendered(parts[index])).join('') }
}

function rendered(part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'string') return escaped(part)
  if (typeof part === 'number') return String(part)
  return 'html' in part ? part.html : part.map(rendered).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

/** The little Markdown that descriptions use: paragraphs, `code` and links. */
export function prose(text: string | undefined): Html {
  return html`${(text ?? '').split('\n\n').map((paragraph) => html`<p>${inline(paragraph)}</p>`)}`
}

/** The same within a line. */
export function inline(text: string | undefined): Html {
  const parts = (text ?? '').split(/(`[^`]+`|\[[^\]]+\]\([^)]+\))/)
  return html`${parts.map((part): Part => {
    if (part.startsWith('`')) return html`<code>${part.slice(1, -1)}</code>`
    const [, words, address] = /^\[(.+)\]\((.+)\)$/.exec(part) ?? []
    return words === undefined ? part : html`<a href="${address}">${words}</a>`
  })}`
}
