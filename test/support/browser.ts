/**
 * A headless Chromium, whatever the machine: the system's where there is one, else the one that comes as an npm package
 * (Linux on x64), so that nothing need be installed by hand.
 */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { programPath } from '@manifold/config'
import packed from '@sparticuz/chromium'
import { chromium, type Browser } from 'playwright-core'

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Starts a browser of a test's own. */
export async function startBrowser(): Promise<Browser> {
  const found = findBrowserProgram()
  if (found !== undefined) {
    // As root, which CI often is, Chromium runs only without its sandbox.
    return chromium.launch({ executablePath: found, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  }
  return chromium.launch({ executablePath: await packed.executablePath(), args: packed.args })
}

/** The system's own. */
export function findBrowserProgram(): string | undefined {
  const folders = programPath().split(delimiter)
  return folders.flatMap((folder) => PROGRAMS.map((name) => join(folder, name))).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
