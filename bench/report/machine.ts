/** What was measured on, and with: without it a number says nothing. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, release, totalmem, type } from 'node:os'
import { programPath } from '@manifold/config'
import { ensureRedisProgram } from '@manifold/redis-server'
import { VERSION } from '@manifold/runtime'

export type Machine = Readonly<Record<string, string>>

const LIBRARIES = ['bullmq', 'ioredis', 'undici', 'express', 'zod']

/** Reads what is known of this machine and of the versions in use. */
export function describeMachine(): Machine {
  const redis = ensureRedisProgram(programPath(), () => undefined)
  return {
    processor: `${String(cpus().length)} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    system: `${type()} ${release()}`,
    node: process.version,
    redis: /v=(\S+)/.exec(execFileSync(redis, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown',
    manifold: [VERSION, commit()].filter((part) => part !== undefined).join(' at '),
    libraries: LIBRARIES.map((name) => `${name} ${versionOf(name)}`).join(', '),
  }
}

function versionOf(library: string): string {
  // Not resolved as a module: some packages do not export their package.json.
  const folders = createRequire(import.meta.url).resolve.paths(library) ?? []
  for (const folder of folders) {
    try {
      const version = /"version":\s*"([^"]+)"/.exec(readFileSync(`${folder}/${library}/package.json`, 'utf8'))
      if (version?.[1] !== undefined) return version[1]
    } catch {
      // Not in this folder.
    }
  }
  return 'unknown'
}

/** The commit, and whether the files differ from it; `undefined` outside a repository. */
function commit(): string | undefined {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, {
        cwd: import.meta.dirname,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
    const changed = git('status', '--porcelain', '--untracked-files=no').trim() !== ''
    return git('rev-parse', '--short', 'HEAD').trim() + (changed ? ' with changes' : '')
  } catch {
    return undefined
  }
}
