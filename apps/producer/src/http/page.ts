/** Paging: `limit` and `cursor` in, `{items, nextCursor}` out. A cursor is opaque, and checked like any input. */
import type { Position } from '@manifold/store'
import { z } from 'zod'

const rfc3339 = z.iso
  .datetime({ offset: true, error: 'use an RFC 3339 time such as 2026-01-31T09:30:00Z' })
  .transform((text) => Date.parse(text))

/** Query parameters of every list. A parameter given twice comes as an array, and is refused. */
export const pageQuery = {
  limit: z.coerce
    .number({ error: 'must be a number' })
    .int()
    .min(1)
    .max(200)
    .default(50)
    .describe('Items on a page.'),
  cursor: z.string().optional().describe('`nextCursor` of the page before, exactly as it was given.'),
}

/** `after` and `before`, both exclusive. */
export const timeRangeQuery = {
  after: rfc3339.optional().describe('Only what is later than this, RFC 3339.'),
  before: rfc3339.optional().describe('Only what is earlier than this, RFC 3339.'),
}

/** The id is empty where a page ends between two milliseconds. */
const positionSchema = z.tuple([z.int().min(0), z.string().max(256)])

/** The cursor for the page behind a position; `null` at the end. */
export function writeCursor(position: Position | undefined): string | null {
  if (position === undefined) return null
  return Buffer.from(JSON.stringify([position.atMs, position.id])).toString('base64url')
}

export type CursorReading =
  { readonly kind: 'cursor'; readonly position: Position | undefined } | { readonly kind: 'invalid' }

/** Reads a cursor that came from outside. */
export function readCursor(cursor: string | undefined): CursorReading {
  if (cursor === undefined) return { kind: 'cursor', position: undefined }
  try {
    const [atMs, id] = positionSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    return { kind: 'cursor', position: { atMs, id } }
  } catch {
    return { kind: 'invalid' }
  }
}
