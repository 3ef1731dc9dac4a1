/** What can stand where on the command line: the program's commands as plain data, for the shells' scripts. */
import type { Command, Option } from 'commander'

export type Flag = {
  /** With dashes: `-y`, `--yes`. */
  readonly names: readonly string[]
  readonly description: string
  readonly takesValue: boolean
  /** Whether its value is the name of one. */
  readonly takesFile: boolean
  readonly choices: readonly string[]
}

export type Word = { readonly name: string; readonly description: string }

export type Node = {
  /** Words behind `manifold`, separated by spaces; empty for the program itself. */
  readonly path: string
  readonly words: readonly Word[]
  readonly flags: readonly Flag[]
  /** Whether a file may be named. */
  readonly takesFile: boolean
}

/** The program and every command below it. */
export function nodesOf(command: Command, path: readonly string[] = []): Node[] {
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? [])
  const help = command.createHelp()
  const node: Node = {
    path: path.join(' '),
    words: [
      ...help.visibleCommands(command).map((one) => ({ name: one.name(), description: one.description() })),
      ...choices.map((name) => ({ name, description: '' })),
    ],
    flags: help.visibleOptions(command).map(flagOf),
    takesFile: command.registeredArguments.some((argument) => argument.name() === 'file'),
  }
  return [node, ...command.commands.flatMap((child) => nodesOf(child, [...path, child.name()]))]
}

function flagOf(option: Option): Flag {
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    description: option.description,
    takesValue: option.required || option.optional,
    takesFile: option.flags.endsWith('<file>'),
    choices: option.argChoices ?? [],
  }
}
