/** The `Content-Type` header, taken apart (RFC 9110, section 8.3.1). */

export type MediaType = {
  /** Without parameters, in lower case; empty when there is no header. */
  readonly media: string
  readonly charset: string | undefined
}

/** Takes the header apart as far as a JSON reader needs it. */
export function readMediaType(header: string | undefined): MediaType {
  const [media = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  return { media, charset }
}

/** Whether a charset is UTF-8, which JSON is in without saying so. */
export function isUtf8(charset: string | undefined): boolean {
  return charset === undefined || ['utf-8', '"utf-8"', 'utf8'].includes(charset)
}
