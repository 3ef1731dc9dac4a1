/** Where Chromium is: tests of pages run in a real one. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { programPath } from '@manifold/config'

const PROGRAMS = ['chromium', 'chromium-browser', 'chromium-headless-shell', 'google-chrome']

/** Where Chromium is, if it is installed. */
export function findChromium(): string | undefined {
  const folders = programPath().split(delimiter)
  return PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program))).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
