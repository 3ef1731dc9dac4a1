/** Names of this machine that nobody else can reach. */
const LOOPBACK = new Set(['127.0.0.1', '::1', '[::1]', 'localhost'])

/** As `HOST` has it, or as a URL does. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.has(host)
}
