/**
 * A resolver of its own for a process: the system's (getaddrinfo), asking another name server than everybody else.
 *
 * In a mount namespace of its own the process sees another `/etc/resolv.conf`. That needs root on Linux. (A wrapper that is
 * preloaded could play names that exist and names that do not, but neither a name server that fails nor one that is silent.)
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Why a process cannot be given one here; `undefined` when it can. */
export function noOwnResolver(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can give a process a resolver of its own'
  const { status } = spawnSync('unshare', ['--mount', 'true'])
  return status === 0 ? undefined : 'unshare --mount does not work here'
}

/** The words to put before a program so that it asks this name server. */
export function withNameServer(folder: string, address: string): readonly string[] {
  const file = join(folder, 'resolv.conf')
  writeFileSync(file, `nameserver ${address}\nsearch .\n`)
  const script = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
  return ['unshare', '--mount', 'sh', '-c', script, 'sh', file]
}
