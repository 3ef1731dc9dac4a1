/** What an extension attribute of a CloudEvent may be called and may hold (CloudEvents 1.0, sections 3.1 and 3.3). */

/** The attributes CloudEvents itself has. */
export const CLOUD_EVENT_ATTRIBUTES = [
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
] as const

export type CloudEventAttribute = (typeof CLOUD_EVENT_ATTRIBUTES)[number]

/** An extension with one of these names would be taken for something else. */
const RESERVED: ReadonlySet<string> = new Set([...CLOUD_EVENT_ATTRIBUTES, 'data'])

const MAX_LENGTH = 4_096
const MAX_INT32 = 2_147_483_647

/** Controls, halves of surrogate pairs and code points that are no characters. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u

/** Whether CloudEvents means something else by this name. */
export function isReservedAttribute(name: string): boolean {
  return RESERVED.has(name)
}

/** Says what is wrong with an extension's name, or `undefined`. */
export function extensionNameError(name: string): string | undefined {
  if (isReservedAttribute(name)) return `the name ${name} is taken by CloudEvents`
  return /^[a-z0-9]{1,20}$/.test(name)
    ? undefined
    : 'not an attribute: name an extension with 1 to 20 of a-z 0-9'
}

/** Says what is wrong with an extension's value, or `undefined`. */
export function extensionValueError(value: unknown): string | undefined {
  if (typeof value === 'boolean') return undefined
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return 'a number must be whole: send a fraction as a string'
    return value >= -MAX_INT32 - 1 && value <= MAX_INT32
      ? undefined
      : 'a number must fit 32 bits: send a larger one as a string'
  }
  if (typeof value !== 'string')
    return `must be a string, a whole number or a boolean, not ${describeKind(value)}`
  return value.length > MAX_LENGTH
    ? `longer than ${String(MAX_LENGTH)} characters`
    : forbiddenCharacterError(value)
}

/** Says which character of a text no attribute may hold, or `undefined`. */
export function forbiddenCharacterError(text: string): string | undefined {
  const code = FORBIDDEN.exec(text)?.[0].codePointAt(0)
  if (code === undefined) return undefined
  return `holds U+${code.toString(16).toUpperCase().padStart(4, '0')}, which no attribute may`
}

/** What kind of JSON value this is, in words. */
export function describeKind(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
