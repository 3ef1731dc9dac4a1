/** The page about the command line and the program say the same, and every shell knows every command. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SCOPES } from '@manifold/config'
import { expect, onTestFinished, test } from 'vitest'
import { EXIT } from '../../apps/cli/src/exit-codes.ts'
import { completionScript } from '../../apps/cli/src/completion/scripts.ts'
import { nodesOf } from '../../apps/cli/src/completion/tree.ts'
import { fullName } from '../../apps/cli/src/prepared.ts'
import { createProgram } from '../../apps/cli/src/program.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(root, 'docs/command-line.md'), 'utf8')
const program = createProgram()

type Entry = { usage: string; description: string; options: [string, string][] }

type Listed = (typeof program.commands)[number]

function programEntries(command: Listed): Entry[] {
  if (command.commands.length > 0) return command.commands.flatMap(programEntries)
  const args = command.registeredArguments.map((one) => {
    const name = one.variadic ? `${one.name()}...` : one.name()
    return one.required ? ` <${name}>` : ` [${name}]`
  })
  const options = command.createHelp().visibleOptions(command)
  return [
    {
      usage: fullName(command) + args.join(''),
      description: command.description(),
      options: options.filter((one) => one.long !== '--help').map((one) => [one.flags, one.description]),
    },
  ]
}

function pageEntries(): Entry[] {
  const sections = (page.split('\n## Commands\n')[1] ?? '').split('\n### ').slice(1)
  return sections.map((section) => {
    const [heading = '', , description = ''] = section.split('\n')
    const rows = section.split('\n').filter((line) => line.startsWith('| `'))
    return {
      usage: heading.replaceAll('`', ''),
      description,
      options: rows.map((row): [string, string] => {
        const [, flags = '', meaning = ''] = row.split('|').map((cell) => cell.trim())
        return [flags.replaceAll('`', ''), meaning]
      }),
    }
  })
}

test('docs/command-line.md lists exactly the commands and options there are, in the same words', () => {
  expect(pageEntries()).toEqual(programEntries(program))
})

test('docs/command-line.md lists exactly the exit codes there are', () => {
  const table = page.split('\n## Exit codes\n')[1]?.split('\n## ')[0] ?? ''
  const codes = [...table.matchAll(/^\| `(\d+)`/gm)].map((match) => Number(match[1]))
  expect(codes).toEqual(Object.values(EXIT))
})

test('the scopes that "keys create" offers are those there are', () => {
  const create = program.commands.find((one) => one.name() === 'keys')?.commands[0]
  expect(create?.opts()['scopes']).toEqual(SCOPES)
})

/** What bash offers behind these words, the last of which is being written. */
function bashOffers(...words: string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-completion-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const script = join(folder, 'manifold.bash')
  writeFileSync(script, completionScript('bash', program))
  const driver = `
    source "$1"; shift
    COMP_WORDS=(manifold "$@"); COMP_CWORD=$#
    _manifold
    printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', driver, 'bash', script, ...words], { encoding: 'utf8', cwd: root })
    .split('\n')
    .filter((line) => line !== '')
}

test('bash completes commands, commands of commands, options and what an option may be', () => {
  expect(bashOffers('')).toEqual(expect.arrayContaining(['send', 'doctor', 'dead-letters', 'completion']))
  expect(bashOffers('dead-letters', '')).toEqual(['list', 'show', 'replay', 'discard', 'help'])
  expect(bashOffers('dead-letters', 'replay', '--d')).toEqual(['--dry-run'])
  expect(bashOffers('dead-letters', 'list', '--target', 'crm', '--reason', 'ex')).toEqual([
    'exhausted',
    'expired',
  ])
  expect(bashOffers('dead-letters', 'list', '--target', '')).toEqual([])
  expect(bashOffers('completion', 'z')).toEqual(['zsh'])
  expect(bashOffers('send', 'package.')).toEqual(['package.json'])
})

test.each(['bash', 'zsh', 'fish'])(
  'the script for %s knows every command, and its shell takes it if it is here',
  (shell) => {
    const script = completionScript(shell, program)
    for (const { path, words } of nodesOf(program)) {
      expect(script).toContain(path)
      for (const { name } of words) expect(script).toContain(name)
    }
    const checked = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' })
    if (checked.error === undefined) expect(checked).toMatchObject({ status: 0, stderr: '' })
  },
)
