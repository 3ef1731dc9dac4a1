/**
 * A process that makes sure of a Redis program, and says as JSON what came of it.
 *
 * Run with Node's permission model, it cannot see the programs of this machine: only the folders it is shown.
 * Arguments: `root` to keep the rights it was started with, `user` to have no more than a user's.
 */
import { ensureRedisProgram } from '../../packages/redis-server/src/install.ts'

const NOBODY = 65_534

if (process.argv[2] === 'user' && process.getuid?.() === 0) process.setuid?.(NOBODY)
const said: string[] = []
const say = (line: string) => said.push(line)
try {
  const program = ensureRedisProgram(process.env['PATH'] ?? '', say)
  process.stdout.write(JSON.stringify({ said, program }))
} catch (error) {
  const { name, message } = error as Error
  process.stdout.write(JSON.stringify({ said, error: { name, message } }))
}
