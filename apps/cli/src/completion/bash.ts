/** Completion for bash, 4 and newer. */
import type { Flag, Node } from './tree.ts'

/** To be sourced: `source <(manifold completion bash)`. */
export function bashScript(nodes: readonly Node[]): string {
  return `# Completion of manifold for bash: source <(manifold completion bash)
_manifold() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' word words='' flags='' file=''
  local -i index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    case "\${path:+$path }$word" in
      ${paths(nodes)}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path $prev" in
${nodes.flatMap(choiceCases).join('\n')}
  esac
  case "$path" in
${nodes.map(nodeCase).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  elif [[ -n $file ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}
complete -F _manifold manifold
`
}

function paths(nodes: readonly Node[]): string {
  return nodes.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join('|')
}

function nodeCase({ path, words, flags, takesFile }: Node): string {
  const names = flags.flatMap((flag) => flag.names)
  const nouns = words.map((one) => one.name)
  return `    '${path}') words='${nouns.join(' ')}' flags='${names.join(' ')}'${takesFile ? ' file=yes' : ''} ;;`
}

/** Behind an option that takes a value only a value can stand. */
function choiceCases({ path, flags }: Node): string[] {
  return flags
    .filter((flag) => flag.takesValue)
    .map((flag) => `    ${patterns(path, flag)}) COMPREPLY=(${values(flag)}); return ;;`)
}

function patterns(path: string, flag: Flag): string {
  return flag.names.map((name) => `'${path} ${name}'`).join('|')
}

function values({ choices, takesFile }: Flag): string {
  if (takesFile) return '$(compgen -f -- "$cur")'
  return choices.length === 0 ? '' : `$(compgen -W '${choices.join(' ')}' -- "$cur")`
}
