/** `manifold completion`: a script for a shell, made from the program's own commands, so that it cannot be wrong about them. */
import { Argument, Command } from 'commander'

const SHELLS = ['bash', 'zsh', 'fish']

/** @param program whose commands the script completes */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'which').choices(SHELLS))
    .action(async (shell: string) => {
      const { completionScript } = await import('./scripts.ts')
      process.stdout.write(completionScript(shell, program))
    })
}
