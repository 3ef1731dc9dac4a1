/**
 * Random numbers of the platform's secure source, fetched many at a time: asking it for one byte costs about a
 * microsecond, and a ULID asks sixteen times.
 */
import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(4_096)
let used = pool.length

/** A number in [0, 1), in steps of 1/256: what a ULID's characters are drawn from. */
export function secureRandom(): number {
  return pool.readUInt8(take(1)) / 256
}

/** Random bytes as lower-case hex. @param bytes at most 4,096 */
export function randomHex(bytes: number): string {
  const start = take(bytes)
  return pool.toString('hex', start, start + bytes)
}

/** Where the next bytes of the pool begin; no byte is handed out twice. */
function take(bytes: number): number {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const start = used
  used += bytes
  return start
}
