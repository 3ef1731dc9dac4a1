/** A Redis as deploy/README.md has it made: its users are those that the page's own commands write. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environmentWith, programPath } from '@manifold/config'
import { ensureRedisProgram, startRedisServer } from '@manifold/redis-server'
import { MANIFOLD } from './command.ts'

/** Commands of the page that need what is not here: images are run as what is in them. */
const STAND_INS = `docker() { shift 3; ${process.execPath} ${MANIFOLD} "$@"; }`

export type DeployedRedis = {
  readonly port: number
  readonly passwords: Readonly<Record<'manifold' | 'operator', string>>
  /** What `keys create` printed. */
  readonly printed: string
  /** The file of users, as Redis reads it. */
  readonly usersFile: string
  /** `redis-cli` as the runbooks call it, without a password where that is ''. @returns what it wrote @throws when it could not be run */
  readonly cli: (words: readonly string[], password?: string) => string
  readonly close: () => Promise<void>
}

/** Does what the page says, and starts Redis with what came of it. */
export async function startDeployedRedis(): Promise<DeployedRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-deployed-'))
  const readme = readFileSync(new URL('../../deploy/README.md', import.meta.url), 'utf8')
  const block = readme.split('```sh\n').find((one) => one.startsWith('mkdir -m 700 secrets\n')) ?? ''
  const script = `${STAND_INS}\n${block.split('```')[0] ?? ''}`
  const printed = execFileSync('bash', ['-euc', script], { cwd: folder, encoding: 'utf8' })
  const usersFile = join(folder, 'secrets/redis_users')
  const read = (name: string) => readFileSync(join(folder, 'secrets', name), 'utf8')
  const operator = read('redis_operator')
  const server = await startRedisServer({
    program: ensureRedisProgram(programPath(), () => undefined),
    folder: join(folder, 'data'),
    settings: [['aclfile', usersFile]],
  })
  return {
    port: server.port,
    passwords: { manifold: new URL(read('redis_url')).password, operator },
    printed,
    usersFile,
    cli: (words, password = operator) =>
      execFileSync('redis-cli', ['-p', String(server.port), ...words], {
        cwd: folder,
        encoding: 'latin1',
        env: environmentWith(password === '' ? {} : { REDISCLI_AUTH: password }),
      }),
    close: async () => {
      await server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
