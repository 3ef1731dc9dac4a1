/** Completion for zsh. */
import { shellQuote } from '../terminal/shell-quote.ts'
import type { Flag, Node } from './tree.ts'

/** To be sourced, or put into a folder of `fpath` as `_manifold`. */
export function zshScript(nodes: readonly Node[]): string {
  return `#compdef manifold
# Completion of manifold for zsh: source <(manifold completion zsh)
_manifold() {
  local at='' word
  local -a nouns flags
  local file=''
  for word in \${words[2,CURRENT-1]}; do
    case "\${at:+$at }$word" in
      ${nodes.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${nodes.flatMap(choiceCases).join('\n')}
  esac
  case "$at" in
${nodes.map(nodeCase).join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe 'option' flags
  elif [[ -n $file ]]; then
    _files
  else
    _describe 'command' nouns
  fi
}
if [[ \${funcstack[1]-} == _manifold ]]; then _manifold "$@"; else compdef _manifold manifold; fi
`
}

function nodeCase({ path, words, flags, takesFile }: Node): string {
  const nouns = words.map((one) => described(one.name, one.description))
  const options = flags.flatMap((flag) => flag.names.map((name) => described(name, flag.description)))
  return `    '${path}') nouns=(${nouns.join(' ')}); flags=(${options.join(' ')})${takesFile ? '; file=yes' : ''} ;;`
}

/** A colon ends the word. */
function described(name: string, description: string): string {
  return shellQuote(`${name.replaceAll(':', String.raw`\:`)}:${description.replaceAll(':', String.raw`\:`)}`)
}

function choiceCases({ path, flags }: Node): string[] {
  return flags
    .filter((flag) => flag.takesValue)
    .map((flag) => `    ${patterns(path, flag)}) ${values(flag)}return ;;`)
}

function patterns(path: string, flag: Flag): string {
  return flag.names.map((name) => `'${path} ${name}'`).join('|')
}

function values({ choices, takesFile }: Flag): string {
  if (takesFile) return '_files; '
  return choices.length === 0 ? '' : `compadd -- ${choices.join(' ')}; `
}
