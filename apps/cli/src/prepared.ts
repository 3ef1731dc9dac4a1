/** How every command meets a mistake: in a line or two, as an error that comes back instead of ending the process. */
import type { Command } from 'commander'

/** The command and all below it, made so. */
export function prepared(command: Command): Command {
  command.exitOverride().showHelpAfterError(`See "${fullName(command)} --help".`)
  for (const child of command.commands) prepared(child)
  return command
}

/** `manifold events list` */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`
}
