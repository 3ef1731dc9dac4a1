/** A file that was named and cannot be read: why, in a word. */

/** `"orders.ndjson" cannot be read (ENOENT)` */
export function unreadableFile(file: string, error: unknown): string {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return `"${file}" cannot be read (${reason})`
}
