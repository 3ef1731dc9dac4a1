/** Before any test: the browser that comes as a package is unpacked, once, so that two test files do not do it at a time. */
import packed from '@sparticuz/chromium'
import { findBrowserProgram } from './browser.ts'

export default async function setup(): Promise<void> {
  const isPacked = process.platform === 'linux' && process.arch === 'x64'
  if (isPacked && findBrowserProgram() === undefined) await packed.executablePath()
}
