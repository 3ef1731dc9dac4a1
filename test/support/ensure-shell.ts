/** A shell for a test of what is written for it: found, or installed where that can be done unasked. */
import { spawnSync } from 'node:child_process'
import { installDebianPackage } from '../../faults/stage/debian-package.ts'

/** @returns whether it is here */
export function ensureShell(shell: string): boolean {
  if (isHere(shell)) return true
  const say = (line: string) => process.stdout.write(`There is no ${shell} here; ${line}\n`)
  return installDebianPackage(shell, say) && isHere(shell)
}

function isHere(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0
}
