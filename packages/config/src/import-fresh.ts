/**
 * Importing a config anew. Node keeps every module it has loaded for as long as the process lives, under its URL: so each
 * import gets URLs of its own, for the file and for every file of the config that it imports in turn.
 *
 * What is imported by a package's name is not loaded again: a package is installed, not edited. Modules that are no longer used
 * cannot be freed: each import costs the memory of the config's own files.
 */
import { registerHooks } from 'node:module'

const VERSION = 'manifold-reload'

let imports = 0

/** Loads a module; again, with everything of its own that it imports, however often it was before. */
export async function importFresh(url: string): Promise<unknown> {
  imports++
  // Once more would be no harm, but for the time it takes.
  if (imports === 2) followVersions()
  return import(imports === 1 ? url : versioned(url, String(imports)))
}

/** Whatever such a file imports by its path is as new as itself. */
function followVersions(): void {
  registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context)
      const version = versionOf(context.parentURL)
      if (version === undefined || !isOwnFile(specifier) || !resolved.url.startsWith('file:')) return resolved
      return { ...resolved, url: versioned(resolved.url, version) }
    },
  })
}

/** By a path, or by a name that the config's own package.json gives it (`#targets`). */
function isOwnFile(specifier: string): boolean {
  return /^(\.|\/|#|file:)/.test(specifier)
}

function versionOf(url: string | undefined): string | undefined {
  return url?.startsWith('file:') === true ? (new URL(url).searchParams.get(VERSION) ?? undefined) : undefined
}

function versioned(url: string, version: string): string {
  const own = new URL(url)
  own.searchParams.set(VERSION, version)
  return own.href
}
