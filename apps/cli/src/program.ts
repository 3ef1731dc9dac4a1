/** The program: every command, with its options. What a command does is loaded when it is run. */
import { VERSION } from '@manifold/runtime/version'
import { Command } from 'commander'
import { withJsonOption } from './api/session.ts'
import { completionCommand } from './completion/command.ts'
import { deadLettersCommand } from './dead-letters/command.ts'
import { doctorCommand } from './doctor/command.ts'
import { eventsCommand } from './events/command.ts'
import { keysCommand } from './keys/command.ts'
import { partCommands } from './parts/commands.ts'
import { prepared } from './prepared.ts'
import { replaysCommand } from './replays/command.ts'
import { sendCommand } from './send/command.ts'
import { targetsCommand } from './targets/command.ts'

/** @param json whether mistakes are told to programs, which is the caller's to do */
export function createProgram(json = false): Command {
  // Also in front of the command; behind it, it is the command's own.
  const program = withJsonOption(new Command('manifold'))
    .description('One POST in, every API out.')
    .version(VERSION)
    .showSuggestionAfterError()
    .enablePositionalOptions()
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
  return prepared(program, json)
}
