/** Media types (RFC 9110, section 8.3.1): whether a text is one, and what kind of data it names. */

export type MediaType = {
  /** `type/subtype`, lower case. */
  readonly essence: string
  /** Lower case, when there is one. */
  readonly charset: string | undefined
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const MEDIA_TYPE = new RegExp(`^(?<essence>${TOKEN}/${TOKEN})(?<parameters>[ \\t]*;.*)?$`)
const PARAMETER = new RegExp(
  `[ \\t]*;[ \\t]*(?:(?<name>${TOKEN})=(?:(?<bare>${TOKEN})|"(?<quoted>(?:[^"\\\\]|\\\\.)*)"))?`,
  'y',
)

/** Takes a media type apart; `undefined` when the text is none. */
export function parseMediaType(text: string): MediaType | undefined {
  const groups = MEDIA_TYPE.exec(text.trim())?.groups
  const essence = groups?.['essence']
  if (essence === undefined) return undefined
  const parameters = groups?.['parameters'] ?? ''
  let charset: string | undefined
  for (let end = 0; end < parameters.length; end = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = end
    const parameter = PARAMETER.exec(parameters)?.groups
    if (parameter === undefined) return undefined
    if (parameter['name']?.toLowerCase() === 'charset')
      charset ??= (parameter['bare'] ?? parameter['quoted'])?.toLowerCase()
  }
  return { essence: essence.toLowerCase(), charset }
}

/** Whether its data is JSON: a subtype `json`, or one that ends in `+json`. */
export function isJsonMediaType({ essence }: MediaType): boolean {
  return essence.endsWith('/json') || essence.endsWith('+json')
}

/** Whether its data is text for sure. */
export function isTextMediaType({ essence }: MediaType): boolean {
  return essence.startsWith('text/') || essence.endsWith('/xml') || essence.endsWith('+xml')
}

/** Whether text of this type is UTF-8, as far as it says. */
export function isUtf8MediaType({ charset }: MediaType): boolean {
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii'
}
