/**
 * Unpacks a compressed answer, to no more than a limit: a few bytes that unpack to gigabytes cost no more than others.
 */
import { brotliDecompressSync, gunzipSync, inflateSync, type ZlibOptions } from 'node:zlib'

const UNPACKERS: Readonly<Record<string, (bytes: Uint8Array, options: ZlibOptions) => Buffer>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
}

/** What cannot be unpacked, or not within the limit, comes as nothing, truncated: the status still tells the outcome. */
export function unpack(
  bytes: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): { readonly bytes: Buffer; readonly truncated: boolean } {
  const name = (encoding ?? 'identity').trim().toLowerCase()
  if (name === 'identity' || bytes.length === 0) return { bytes, truncated: false }
  try {
    const unpacked = Object.hasOwn(UNPACKERS, name)
      ? UNPACKERS[name]?.(bytes, { maxOutputLength: Math.max(1, maxBytes) })
      : undefined
    return unpacked === undefined
      ? { bytes: Buffer.alloc(0), truncated: true }
      : { bytes: unpacked, truncated: false }
  } catch {
    return { bytes: Buffer.alloc(0), truncated: true }
  }
}
