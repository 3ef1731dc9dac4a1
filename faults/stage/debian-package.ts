/** Debian packages that a test or a scenario cannot do without: installed where that can be done unasked. */
import { spawnSync } from 'node:child_process'
import { getuid } from 'node:process'
import { environmentWith } from '@manifold/config'

/**
 * Installs a package with apt-get, for root only.
 * @param say told what is being done, line by line
 * @returns whether it was installed
 */
export function installDebianPackage(name: string, say: (line: string) => void): boolean {
  if (getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false
  say(`installing ${name}`)
  return [['update'], ['install', '-y', '--no-install-recommends', name]].every((args) => {
    const { status, stderr } = spawnSync('apt-get', ['-q', ...args], {
      env: environmentWith({ DEBIAN_FRONTEND: 'noninteractive' }),
      encoding: 'utf8',
    })
    if (status !== 0) say(`apt-get ${args.join(' ')} failed:\n${stderr}`)
    return status === 0
  })
}
