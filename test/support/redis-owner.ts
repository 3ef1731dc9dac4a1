/** A process that starts a private Redis, says which, and lives until it is ended. Arguments: folder. */
import { programPath } from '@manifold/config'
import { ensureRedisProgram, startRedisServer } from '@manifold/redis-server'

const [folder = ''] = process.argv.slice(2)
const program = ensureRedisProgram(programPath(), () => undefined)
const { pid, port } = await startRedisServer({ program, folder })
process.stdout.write(`${JSON.stringify({ pid, port })}\n`)
