/** Before any test: a Redis server program is there, found or installed the way `npm start` does it. */
import { programPath } from '@manifold/config'
import { ensureRedisProgram } from '@manifold/redis-server'

export default function setup(): void {
  ensureRedisProgram(programPath(), (line) => process.stdout.write(`${line}\n`))
}
