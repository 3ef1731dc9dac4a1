/** The completion scripts. They hold all there is to know: pressing Tab starts no process. */
import type { Command } from 'commander'
import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import { nodesOf } from './tree.ts'
import { zshScript } from './zsh.ts'

/** @param shell bash, zsh or fish */
export function completionScript(shell: string, program: Command): string {
  const nodes = nodesOf(program)
  switch (shell) {
    case 'bash':
      return bashScript(nodes)
    case 'zsh':
      return zshScript(nodes)
    case 'fish':
      return fishScript(nodes)
    default:
      throw new Error(`no script for ${shell}`)
  }
}
