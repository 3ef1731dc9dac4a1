/**
 * Installs a Redis server with the system's package manager: what a person would type, said before it is done.
 *
 * Uses sudo only when not root. Where it cannot work, the error holds the exact command to type.
 */
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { findRedisProgram, isExecutable } from './find.ts'

type PackageManager = {
  readonly program: string
  readonly commands: readonly (readonly string[])[]
  readonly asRoot: boolean
}

const PACKAGE_MANAGERS: readonly PackageManager[] = [
  {
    program: 'apt-get',
    asRoot: true,
    commands: [
      ['apt-get', 'update', '-q'],
      // env, because sudo does not pass variables on; apt must not ask anything.
      [
        'env',
        'DEBIAN_FRONTEND=noninteractive',
        'apt-get',
        'install',
        '-y',
        '-q',
        '--no-install-recommends',
        'redis-server',
      ],
    ],
  },
  { program: 'apk', asRoot: true, commands: [['apk', 'add', '--no-cache', 'redis']] },
  { program: 'dnf', asRoot: true, commands: [['dnf', 'install', '-y', 'valkey']] },
  { program: 'brew', asRoot: false, commands: [['brew', 'install', 'redis']] },
]

/** No Redis server could be found or installed; the message says what to type. */
export class NoRedisServerError extends Error {
  override readonly name = 'NoRedisServerError'
}

/**
 * Finds a Redis server program, installing one if there is none.
 *
 * @param path the PATH to look on
 * @param say told, line by line, what is being done
 * @throws {NoRedisServerError}
 */
export function ensureRedisProgram(path: string, say: (line: string) => void): string {
  const found = findRedisProgram(path)
  if (found !== undefined) return found

  const manager = PACKAGE_MANAGERS.find(({ program }) => isOnPath(program, path))
  if (manager === undefined) {
    throw new NoRedisServerError(
      'There is no redis-server here, and no package manager known to Manifold (apt-get, apk, dnf, brew).\n' +
        'Install Redis 6.2 or newer, or point REDIS_URL at one: REDIS_URL=redis://host:6379 npm start',
    )
  }
  const root = process.getuid?.() === 0
  const commands = manager.commands.map((words) =>
    manager.asRoot && !root ? ['sudo', ...words] : [...words],
  )
  const typed = commands.map((words) => words.join(' ')).join(' && ')
  if (manager.asRoot && !root && !isOnPath('sudo', path)) {
    const asRoot = manager.commands.map((words) => words.join(' ')).join(' && ')
    throw new NoRedisServerError(`There is no redis-server here. As root, type:\n  ${asRoot}`)
  }

  say(`There is no Redis server here; installing one: ${typed}`)
  for (const [program = '', ...args] of commands) {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      encoding: 'utf8',
      // sudo may ask for a password.
      stdio: ['inherit', 'pipe', 'pipe'],
    })
    if (status !== 0) {
      const output = [stdout, stderr, error?.message]
        .filter(Boolean)
        .join('\n')
        .trim()
        .split('\n')
        .slice(-5)
        .join('\n')
      throw new NoRedisServerError(
        `That did not work:\n${output}\nInstall Redis yourself, then start again:\n  ${typed}`,
      )
    }
  }
  const installed = findRedisProgram(path)
  if (installed === undefined) throw new NoRedisServerError(`"${typed}" left no redis-server on the PATH`)
  say(`Installed ${installed}`)
  return installed
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => isExecutable(join(folder, program)))
}
