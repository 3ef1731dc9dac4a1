/** Completion for fish. */
import { shellQuote } from '../terminal/shell-quote.ts'
import type { Flag, Node } from './tree.ts'

/** To be sourced, or kept as `completions/manifold.fish`. */
export function fishScript(nodes: readonly Node[]): string {
  return `# Completion of manifold for fish: manifold completion fish | source
function __manifold_path
  set -l path
  for word in (commandline -opc)[2..]
    switch (string join -- ' ' $path $word)
      case ${nodes.flatMap(({ path }) => (path === '' ? [] : [shellQuote(path)])).join(' ')}
        set path $path $word
    end
  end
  string join -- ' ' $path
end
function __manifold_at
  # Empty at first, which a word of its own must stand for.
  set -l path (__manifold_path)
  test "$path" = "$argv[1]"
end
complete -c manifold -f
${nodes.flatMap(linesOf).join('\n')}
`
}

function linesOf({ path, words, flags, takesFile }: Node): string[] {
  const start = `complete -c manifold -n ${shellQuote(`__manifold_at "${path}"`)}`
  return [
    ...words.map((one) => `${start} -a ${shellQuote(one.name)} -d ${shellQuote(one.description)}`),
    ...flags.map((flag) => `${start} ${flagWords(flag)}`),
    ...(takesFile ? [`${start} -F`] : []),
  ]
}

function flagWords({ names, description, takesValue, takesFile, choices }: Flag): string {
  const words = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  if (choices.length > 0) words.push(`-xa ${shellQuote(choices.join(' '))}`)
  else if (takesFile) words.push('-rF')
  else if (takesValue) words.push('-x')
  return `${words.join(' ')} -d ${shellQuote(description)}`
}
