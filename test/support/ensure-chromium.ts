/** Before any test: a Chromium is there for the pages of the tests, found, or installed where that can be done unasked. */
import { spawnSync } from 'node:child_process'
import { getuid } from 'node:process'
import { environmentWith } from '@manifold/config'
import { findChromium } from './chromium.ts'

const PACKAGE = 'chromium-headless-shell'

export default function setup(): void {
  if (findChromium() !== undefined) return
  const canInstall = getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0
  if (!canInstall) {
    process.stdout.write(
      `There is no Chromium here, so tests of pages will fail: apt-get install ${PACKAGE}\n`,
    )
    return
  }
  process.stdout.write(`There is no Chromium here; installing ${PACKAGE}\n`)
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', PACKAGE]]) {
    const { status, stderr } = spawnSync('apt-get', ['-q', ...args], {
      env: environmentWith({ DEBIAN_FRONTEND: 'noninteractive' }),
      encoding: 'utf8',
    })
    if (status !== 0) process.stdout.write(`apt-get ${args.join(' ')} failed:\n${stderr}\n`)
  }
}
