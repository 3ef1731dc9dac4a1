/**
 * The compile cache: what Node made of each file (types stripped, code compiled) is kept from one start to the next,
 * which halves the time to start. Node checks every entry against its source, its own version and the user.
 *
 * Owns where it is: beside the packages, where whoever may write may change the code as well. (Node's default, a folder
 * in the shared temporary one, could be prepared by anybody on the machine.) NODE_COMPILE_CACHE names another folder,
 * NODE_DISABLE_COMPILE_CACHE=1 turns it off; where nothing can be written, nothing is kept.
 */
import { enableCompileCache, flushCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../../node_modules/.cache/manifold', import.meta.url))

/** Has everything that is imported from now on taken from the cache, or put there. Never fails. */
export function useCompileCache(): void {
  enableCompileCache(FOLDER)
}

/** Writes at once what Node would write at the end: a process that lives for weeks has others started beside it. */
export function keepCompiled(): void {
  flushCompileCache()
}
