/**
 * The context attributes of a CloudEvent (CloudEvents 1.0, section 3) and the rule each is held to.
 *
 * Owns the rules, which are the same however the event was sent. Where the attributes stood is for
 * read-structured-cloud-event.ts and read-binary-cloud-event.ts.
 */
import { z } from 'zod'
import {
  CLOUD_EVENT_ATTRIBUTES,
  describeKind,
  extensionNameError,
  extensionValueError,
  forbiddenCharacterError,
  type CloudEventAttribute,
} from './cloud-event-extensions.ts'
import type { ExtensionValue } from './event.ts'
import { parseMediaType } from './media-type.ts'
import type { FieldError } from './problem.ts'
import { isUri, isUriReference } from './uri.ts'

/** Attributes that broke no rule. */
export type CloudEventAttributes = {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string | undefined
  readonly time: string | undefined
  readonly dataContentType: string | undefined
  readonly dataSchema: string | undefined
  readonly extensions: Readonly<Record<string, ExtensionValue>>
}

export type AttributesReading =
  | { readonly kind: 'attributes'; readonly attributes: CloudEventAttributes }
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] }

const MAX_EXTENSIONS = 64
const MAX_ATTRIBUTE_LENGTH = 1_024
const MAX_TYPE_LENGTH = 255

const rfc3339 = z.iso.datetime({ offset: true })

const REQUIRED: Partial<Record<CloudEventAttribute, string>> = {
  specversion: 'required: "1.0"',
  id: 'required: what tells the event from others of its source',
  source: 'required: a URI-reference that says where the event comes from',
  type: 'required: what kind of event this is',
}

/** What is wrong with a value that is a string, not empty and not too long. */
const RULES: Record<CloudEventAttribute, (value: string) => string | undefined> = {
  specversion: (value) => (value === '1.0' ? undefined : 'this version is not taken, only "1.0"'),
  id: () => undefined,
  source: (value) =>
    isUriReference(value)
      ? undefined
      : 'not a URI-reference (RFC 3986): percent-encode what one may not hold',
  type: (value) => {
    if (value.length > MAX_TYPE_LENGTH) return `longer than ${String(MAX_TYPE_LENGTH)} characters`
    return /^[A-Za-z0-9._-]+$/.test(value) ? undefined : 'Manifold takes types of A-Z a-z 0-9 . _ - only'
  },
  subject: () => undefined,
  time: (value) =>
    rfc3339.safeParse(inUpperCase(value)).success
      ? undefined
      : 'not an RFC 3339 time such as 2026-01-31T09:30:00Z',
  datacontenttype: (value) =>
    parseMediaType(value) === undefined ? 'not a media type such as application/json' : undefined,
  dataschema: (value) => (isUri(value) ? undefined : 'not a URI with a scheme (RFC 3986)'),
}

/** Judges every attribute; `null` is the same as absent. */
export function readAttributes(given: Readonly<Record<string, unknown>>): AttributesReading {
  const errors: FieldError[] = []
  const texts: Partial<Record<CloudEventAttribute, string>> = {}
  for (const name of CLOUD_EVENT_ATTRIBUTES) {
    const value = given[name] ?? undefined
    const message = value === undefined ? REQUIRED[name] : attributeError(name, value)
    if (message !== undefined) errors.push({ path: name, message })
    else if (typeof value === 'string') texts[name] = value
  }
  const { extensions, wrong } = readExtensions(given)
  errors.push(...wrong)
  const { id, source, type, subject, time, datacontenttype, dataschema } = texts
  if (errors.length > 0 || id === undefined || source === undefined || type === undefined)
    return { kind: 'invalid', errors }
  return {
    kind: 'attributes',
    attributes: {
      id,
      source,
      type,
      subject,
      time: time === undefined ? undefined : inUpperCase(time),
      dataContentType: datacontenttype,
      dataSchema: dataschema,
      extensions,
    },
  }
}

function readExtensions(given: Readonly<Record<string, unknown>>): {
  readonly extensions: CloudEventAttributes['extensions']
  readonly wrong: readonly FieldError[]
} {
  const wrong: FieldError[] = []
  const own = Object.entries(given).filter(
    ([name, value]) => !isAttribute(name) && value !== null && value !== undefined,
  )
  for (const [name, value] of own) {
    const message = extensionNameError(name) ?? extensionValueError(value)
    if (message !== undefined) wrong.push({ path: name, message })
  }
  if (own.length > MAX_EXTENSIONS)
    wrong.push({ path: '(root)', message: `more than ${String(MAX_EXTENSIONS)} extensions` })
  // What has another type is among what is wrong.
  return { extensions: Object.fromEntries(own) as CloudEventAttributes['extensions'], wrong }
}

function attributeError(name: CloudEventAttribute, value: unknown): string | undefined {
  if (typeof value !== 'string') return `must be a string, not ${describeKind(value)}`
  if (value === '') return 'must not be empty'
  if (value.length > MAX_ATTRIBUTE_LENGTH) return `longer than ${String(MAX_ATTRIBUTE_LENGTH)} characters`
  return forbiddenCharacterError(value) ?? RULES[name](value)
}

function isAttribute(name: string): boolean {
  return Object.hasOwn(RULES, name)
}

/** RFC 3339 lets a time be written with a small t and z; few readers know. */
function inUpperCase(time: string): string {
  return time.toUpperCase()
}
