/** Every message that the code can log, found in its text: what a rare failure says is there as well. */
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export type LoggedMessage = { readonly level: string; readonly message: string; readonly file: string }

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SOURCES = ['apps/producer/src/**/*.ts', 'apps/worker/src/**/*.ts', 'packages/*/src/**/*.ts']

const CALL = /\b[lL]ogger\s*\.(info|warn|error|fatal)\(/g
const LAST_STRING = /'((?:[^'\\]|\\.)*)',?\s*$/

/** Of messages that are written as they are; those made when they are logged are not among them. */
export function loggedMessages(): LoggedMessage[] {
  return globSync(SOURCES, { cwd: ROOT })
    .filter((file) => !file.endsWith('.test.ts') && !file.includes('node_modules'))
    .flatMap((file) => {
      const text = readFileSync(`${ROOT}/${file}`, 'utf8')
      return [...text.matchAll(CALL)].flatMap((call) => {
        const [, message] = LAST_STRING.exec(argumentsAt(text, call.index + call[0].length)) ?? []
        return message === undefined ? [] : [{ level: call[1] ?? '', message, file }]
      })
    })
}

/** What stands between the parenthesis before `start` and the one that closes it. */
function argumentsAt(text: string, start: number): string {
  let open = 1
  let at = start
  for (; open > 0 && at < text.length; at++) {
    if (text[at] === '(') open++
    else if (text[at] === ')') open--
  }
  return text.slice(start, at - 1)
}
