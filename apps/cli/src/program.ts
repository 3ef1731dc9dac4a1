/** The program: every command, with its options. What a command does is loaded when it is run. */
import { VERSION } from '@manifold/runtime/version'
import { Command } from 'commander'
import { completionCommand } from './completion/command.ts'
import { deadLettersCommand } from './dead-letters/command.ts'
import { doctorCommand } from './doctor/command.ts'
import { eventsCommand } from './events/command.ts'
import { keysCommand } from './keys/command.ts'
import { partCommands } from './parts/commands.ts'
import { replaysCommand } from './replays/command.ts'
import { sendCommand } from './send/command.ts'
import { targetsCommand } from './targets/command.ts'

export function createProgram(): Command {
  const program = new Command('manifold')
    .description('One POST in, every API out.')
    .version(VERSION)
    .showSuggestionAfterError()
  const commands = [
    ...partCommands(),
    sendCommand(),
    eventsCommand(),
    deadLettersCommand(),
    replaysCommand(),
    targetsCommand(),
    doctorCommand(),
    keysCommand(),
    completionCommand(program),
  ]
  for (const command of commands) program.addCommand(command)
  prepare(program)
  return program
}

/** What is wrong with a command is told in a line or two, and comes back as an error instead of ending the process. */
function prepare(command: Command): void {
  command.exitOverride().showHelpAfterError(`See "${fullName(command)} --help".`)
  for (const child of command.commands) prepare(child)
}

/** `manifold events list` */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`
}
