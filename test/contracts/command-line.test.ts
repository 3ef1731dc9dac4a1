/** The page about the command line and the program say the same, and every shell knows every command. */
import { spawnSync } from 'node:child_process'
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
import { ensureShell } from '../support/ensure-shell.ts'

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

/** The script of a shell, as a file of its own until the test is over. */
function scriptFile(shell: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-completion-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const file = join(folder, `manifold.${shell}`)
  writeFileSync(file, completionScript(shell, program))
  return file
}

/** What bash offers behind these words, the last of which is being written. */
function bashOffers(...words: string[]): string[] {
  const driver = `
    source "$1"; shift
    COMP_WORDS=(manifold "$@"); COMP_CWORD=$#
    _manifold
    printf '%s\\n' "\${COMPREPLY[@]}"`
  return run('bash', ['-c', driver, 'bash', scriptFile('bash'), ...words])
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

test.each(['bash', 'zsh', 'fish'])('the script for %s knows every command', (shell) => {
  const script = completionScript(shell, program)
  for (const { path, words } of nodesOf(program)) {
    expect(script).toContain(path)
    for (const { name } of words) expect(script).toContain(name)
  }
})

// Where one is not here, and cannot be installed unasked, its test is told as skipped, and not as passed.
const hasZsh = ensureShell('zsh')
const hasFish = ensureShell('fish')

test('bash takes its script', () => {
  expect(check('bash')).toMatchObject({ status: 0, stderr: '' })
})

test.skipIf(!hasZsh)('zsh takes its script, and completes by it', () => {
  expect(check('zsh')).toMatchObject({ status: 0, stderr: '' })
  expect(zshOffers('')).toContain('dead-letters')
  expect(zshOffers('dead-letters', '')).toEqual(['list', 'show', 'replay', 'discard', 'help'])
  expect(zshOffers('dead-letters', 'replay', '-')).toContain('--dry-run')
  expect(zshOffers('dead-letters', 'list', '--reason', '')).toContain('exhausted')
  expect(zshOffers('targets', 'test', '--event', '')).toEqual(['(files)'])
  expect(zshOffers('send', '')).toEqual(['(files)'])
})

test.skipIf(!hasFish)('fish takes its script, and completes by it', () => {
  expect(check('fish')).toMatchObject({ status: 0, stderr: '' })
  expect(fishOffers('')).toContain('dead-letters')
  expect(fishOffers('dead-letters ')).toEqual(['discard', 'help', 'list', 'replay', 'show'])
  expect(fishOffers('dead-letters replay --d')).toEqual(['--dry-run'])
  expect(fishOffers('dead-letters list --reason ex')).toEqual(['exhausted', 'expired'])
  expect(fishOffers('dead-letters list --target ')).toEqual([])
  expect(fishOffers('targets test --event package.')).toEqual(['package.json'])
  expect(fishOffers('send package.')).toEqual(['package.json'])
})

/** Reads it, and runs nothing. */
function check(shell: string) {
  return spawnSync(shell, ['-n', scriptFile(shell)], { encoding: 'utf8' })
}

/** What zsh is given to choose from behind these words, the last of which is being written. */
function zshOffers(...words: string[]): string[] {
  const driver = `
    compdef() { }
    _describe() { print -l -- "\${(@P)2%%:*}" }
    compadd() { shift; print -l -- "$@" }
    _files() { print '(files)' }
    source "$1"; shift
    words=(manifold "$@"); CURRENT=$#words
    _manifold`
  return run('zsh', ['-f', '-c', driver, 'zsh', scriptFile('zsh'), ...words])
}

/** What fish offers behind this line. */
function fishOffers(line: string): string[] {
  const driver = 'source $argv[1]; complete -C "manifold $argv[2]"'
  const found = run('fish', ['--no-config', '-c', driver, scriptFile('fish'), line])
  return found.map((offer) => offer.split('\t')[0] ?? '')
}

/** The lines that it writes; it complains of nothing. */
function run(shell: string, args: readonly string[]): string[] {
  const { stdout, stderr } = spawnSync(shell, args, { encoding: 'utf8', cwd: root })
  expect(stderr).toBe('')
  return stdout.split('\n').filter((one) => one !== '')
}
