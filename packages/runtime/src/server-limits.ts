/**
 * What every HTTP server here lets a client take: time and room. Without them whoever sends slowly, or a lot, holds a
 * connection for as long as it likes.
 */
export const SERVER_LIMITS = {
  /** From the connection, or the request before, to the end of the headers. */
  headersTimeout: 20_000,
  /** To the end of the body. */
  requestTimeout: 60_000,
  /** How often the two are looked at: Node's own 30 s would make 20 s up to 50. */
  connectionsCheckingInterval: 5_000,
  /** Of the request line and all headers, in bytes. */
  maxHeaderSize: 16_384,
} as const

/**
 * How long a connection may lie still (ms): nothing comes in, and nothing of an answer is taken. `server.timeout`, which Node
 * leaves at 0. More than the longest wait (60 s) and the beat of a stream (15 s).
 */
export const STILL_MS = 90_000
