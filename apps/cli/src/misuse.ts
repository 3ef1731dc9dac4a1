/** A command that was written wrongly: what is wrong, and where its help is. */
import type { Command } from 'commander'
import { EXIT } from './exit-codes.ts'

/** @throws CommanderError always; nothing was done yet */
export function misuse(command: Command, message: string): never {
  return command.error(`error: ${message}`, { exitCode: EXIT.usage, code: 'manifold.misuse' })
}
