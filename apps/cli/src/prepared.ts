/** How every command meets a mistake: in a line or two, as an error that comes back instead of ending the process. */
import type { Command } from 'commander'

/**
 * The command and all below it, made so.
 * @param isSilent the mistake is told by whoever gets the error, not in commander's words
 */
export function prepared(command: Command, isSilent = false): Command {
  command.exitOverride().showHelpAfterError(`See "${fullName(command)} --help".`)
  if (isSilent) command.configureOutput({ writeErr: nothing, outputError: nothing })
  for (const child of command.commands) prepared(child, isSilent)
  return command
}

function nothing(): void {
  // Said elsewhere.
}

/** `manifold events list` */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`
}
