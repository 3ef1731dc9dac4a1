/** Preloaded into a process (`node --import`): as it ends, it writes what it had loaded to stderr, one a line. */
import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'

const loaded = new Set<string>()

registerHooks({
  load: (url, context, next) => {
    loaded.add(url)
    return next(url, context)
  },
})

process.on('exit', () => {
  // Not documented, and the only place that shows what Node loaded of itself.
  const inside: unknown = Reflect.get(process, 'moduleLoadList')
  const lines = [...loaded, ...(Array.isArray(inside) ? inside.map(String) : [])]
  writeSync(2, `${lines.join('\n')}\n`)
})
