/**
 * Loaded into every part of a soak (`--import`): asked by whoever started the part, collects the garbage and says what is left.
 *
 * Resident memory says little of a process that runs V8: it keeps what it once had. What lives after a collection is what leaks.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

process.on('message', (question: unknown) => {
  if (typeof question !== 'object' || question === null) return
  if (!('kind' in question) || question.kind !== 'live-bytes') return
  // What the first one ends (weak references, sockets) the second one finds.
  collect()
  setImmediate(() => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    process.send?.({ kind: 'live-bytes', liveBytes: heapUsed + external })
  })
})
