/** Before any test: a Chromium is there for the pages of the tests, found, or installed where that can be done unasked. */
import { installDebianPackage } from '../../faults/stage/debian-package.ts'
import { findChromium } from './chromium.ts'

const PACKAGE = 'chromium-headless-shell'

export default function setup(): void {
  if (findChromium() !== undefined) return
  if (installDebianPackage(PACKAGE, (line) => process.stdout.write(`There is no Chromium here; ${line}\n`)))
    return
  process.stdout.write(`There is no Chromium here, so tests of pages will fail: apt-get install ${PACKAGE}\n`)
}
