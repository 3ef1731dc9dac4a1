/** Debian packages that a test or a scenario cannot do without: installed where that can be done unasked. */
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { environmentWith } from '@manifold/config'

/** Tests install side by side, and apt-get does not wait for another. */
const LOCK_FILE = join(tmpdir(), 'manifold-apt.lock')
/** Another's, such as the machine's own upgrade. */
const LOCK_SECONDS = 300

/**
 * Installs a package with apt-get, for root only; one at a time.
 * @param say told what is being done, line by line
 * @returns whether it was installed
 */
export function installDebianPackage(name: string, say: (line: string) => void): boolean {
  if (getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false
  say(`installing ${name}`)
  const apt = ['apt-get', '-q', '-o', `DPkg::Lock::Timeout=${String(LOCK_SECONDS)}`]
  return [['update'], ['install', '-y', '--no-install-recommends', name]].every((args) => {
    const { status, stderr } = spawnSync('flock', [LOCK_FILE, ...apt, ...args], {
      env: environmentWith({ DEBIAN_FRONTEND: 'noninteractive' }),
      encoding: 'utf8',
    })
    if (status !== 0) say(`apt-get ${args.join(' ')} failed:\n${stderr}`)
    return status === 0
  })
}
