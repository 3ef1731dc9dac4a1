import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findRedisProgram } from './find.ts'

/** The only folder on the PATH, and the only one whose programs can be seen. */
let bin: string

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'manifold-bin-'))
  // Also for the process that gives up root.
  chmodSync(bin, 0o755)
})
afterEach(() => {
  rmSync(bin, { recursive: true, force: true })
})

/** Puts a program on the PATH that notes how it was called, then does this. */
function program(name: string, shell = ''): void {
  const note = `echo "${name} $*" >> "${join(bin, 'calls')}" 2>/dev/null`
  writeFileSync(join(bin, name), `#!/bin/sh\n${note}\n${shell}\n`, { mode: 0o755 })
}

/** What a package manager does that installs a server. */
const installs = (name: string) => {
  const file = join(bin, name)
  return `echo '#!/bin/sh' > "${file}"; /bin/chmod 755 "${file}"`
}

type Result = { said: string[]; program?: string; error?: { name: string; message: string } }

/** Makes sure of a Redis program in a process that sees no other programs than those above. */
function ensure(rights: 'root' | 'user' = 'root'): Result {
  const script = fileURLToPath(new URL('../../../test/support/redis-installer.ts', import.meta.url))
  const seen = [script, fileURLToPath(new URL('..', import.meta.url)), bin]
  const args = ['--permission', '--allow-child-process', ...seen.map((path) => `--allow-fs-read=${path}`)]
  const { stdout, stderr } = spawnSync(process.execPath, [...args, script, rights], {
    encoding: 'utf8',
    env: { PATH: bin },
  })
  try {
    return JSON.parse(stdout) as Result
  } catch {
    throw new Error(`the process said no JSON: ${stdout}${stderr}`)
  }
}

/** Root types a command as it is, anybody else with sudo. */
const sudo = process.getuid?.() === 0 ? '' : 'sudo '

const APT_UPDATE = 'apt-get update -q'
const APT_INSTALL =
  'env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends redis-server'

describe('without a server', () => {
  test('and without a known package manager, the error says how to go on', () => {
    const { error, said } = ensure()
    expect(error?.name).toBe('NoRedisServerError')
    expect(error?.message).toContain('no package manager known to Manifold (apt-get, apk, dnf, brew)')
    expect(error?.message).toContain('REDIS_URL=redis://host:6379 npm start')
    expect(said).toEqual([])
  })

  test.each([
    ['apk', 'apk add --no-cache redis'],
    ['dnf', 'dnf install -y valkey'],
  ])('%s that fails ends in an error with what it said, and the exact command', (name, typed) => {
    program('sudo', 'exec "$@"')
    program(name, 'echo "no route to mirror" >&2; exit 3')
    const { error, said } = ensure()
    expect(said).toEqual([`There is no Redis server here; installing one: ${sudo}${typed}`])
    expect(error?.name).toBe('NoRedisServerError')
    expect(error?.message).toContain('no route to mirror')
    expect(error?.message.split('\n').at(-1)).toBe(`  ${sudo}${typed}`)
  })

  test('apt-get that fails ends in an error with the exact commands, and goes no further', () => {
    program('sudo', 'exec "$@"')
    program('apt-get', 'echo "E: no network"; exit 100')
    program('env', installs('redis-server'))
    const { error, program: found } = ensure()
    expect(error?.message).toContain('E: no network')
    expect(error?.message.split('\n').at(-1)).toBe(`  ${sudo}${APT_UPDATE} && ${sudo}${APT_INSTALL}`)
    expect(found).toBeUndefined()
  })

  test('brew is never called with sudo, whoever calls it', () => {
    program('sudo', 'exit 9')
    program('brew', 'exit 1')
    expect(ensure('user').error?.message).toContain('\n  brew install redis')
    expect(ensure('user').error?.message).not.toContain('sudo')
  })

  test('a user without sudo is told what to type as root, and nothing is called', () => {
    program('apk', installs('redis-server'))
    const { error, said } = ensure('user')
    expect(error?.message).toBe('There is no redis-server here. As root, type:\n  apk add --no-cache redis')
    expect(said).toEqual([])
  })

  test('a user with sudo installs with sudo, and is told so', () => {
    program('sudo', 'echo "not in the sudoers file" >&2; exit 1')
    program('apk', installs('redis-server'))
    const { error, said } = ensure('user')
    expect(said).toEqual(['There is no Redis server here; installing one: sudo apk add --no-cache redis'])
    expect(error?.message).toContain('not in the sudoers file')
    expect(error?.message.split('\n').at(-1)).toBe('  sudo apk add --no-cache redis')
  })

  test('a package manager that succeeds without a server is an error with the exact command', () => {
    program('sudo', 'exec "$@"')
    program('apk')
    expect(ensure().error?.message).toBe(`"${sudo}apk add --no-cache redis" left no redis-server on the PATH`)
  })

  test.each(['redis-server', 'valkey-server'])('one is installed as %s, said before and after', (server) => {
    program('sudo', 'exec "$@"')
    program('dnf', installs(server))
    const installed = join(bin, server)
    expect(ensure()).toEqual({
      program: installed,
      said: [
        `There is no Redis server here; installing one: ${sudo}dnf install -y valkey`,
        `Installed ${installed}`,
      ],
    })
  })
})

test('a server that is there already is used, and nothing is said or called', () => {
  program('apk', 'exit 1')
  program('valkey-server')
  expect(ensure()).toEqual({ said: [], program: join(bin, 'valkey-server') })
  program('redis-server')
  expect(ensure()).toEqual({ said: [], program: join(bin, 'redis-server') })
})

test('the folders of the PATH are looked through in their order, and only for what can be run', () => {
  program('redis-server')
  expect(findRedisProgram(`${join(bin, 'nowhere')}:${bin}`)).toBe(join(bin, 'redis-server'))
  chmodSync(join(bin, 'redis-server'), 0o644)
  expect(findRedisProgram(bin)).not.toBe(join(bin, 'redis-server'))
})
