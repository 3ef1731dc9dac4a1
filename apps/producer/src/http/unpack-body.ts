/** A request's body as a stream, unpacked as it comes (`Content-Encoding`, RFC 9110, section 8.4). */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

const UNPACKERS = new Map([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
])

/**
 * The body, unpacked; `undefined` when it is packed in a way that is not taken.
 *
 * It ends with an error when the caller goes away, and when the bytes are not what the encoding says; the request
 * itself stays whole in the second case, so that it can still be answered.
 */
export function unpackBody(request: IncomingMessage): Readable | undefined {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase()
  if (encoding === 'identity') return request
  const unpacker = UNPACKERS.get(encoding)?.()
  if (unpacker === undefined) return undefined
  // `pipe` tells the other end of an end, not of an abort.
  request.once('close', () => {
    if (!request.complete) unpacker.destroy(new Error('the caller has gone'))
  })
  return request.pipe(unpacker)
}
