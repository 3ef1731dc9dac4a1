/** One text field of a JSON body. For bodies whose signature has held: nothing is parsed before. */

/** `undefined` when the body is no JSON object, or has no such text. */
export function signedField(body: Uint8Array, name: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  const field = (value as Readonly<Record<string, unknown>>)[name]
  return typeof field === 'string' && field !== '' ? field : undefined
}
