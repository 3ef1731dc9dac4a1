/** Finds a Redis server program on this machine. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const PROGRAMS = ['redis-server', 'valkey-server']

/** Where system packages put servers, even when the PATH of an npm script does not say so. */
const USUAL_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin']

/** The first `redis-server` or `valkey-server` on the PATH, or in a usual folder. */
export function findRedisProgram(path: string): string | undefined {
  const folders = [...path.split(delimiter), ...USUAL_FOLDERS].filter((folder) => folder !== '')
  return PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program))).find(isExecutable)
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
