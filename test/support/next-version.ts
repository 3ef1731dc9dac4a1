/**
 * Preloaded into a process (`node --import`), makes it one of the next version: all that it writes has the numbers that follow
 * this version's. It knows no new form, so only the numbers tell the two apart.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const versions = new URL('../../packages/domain/src/schema-version.ts', import.meta.url)

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context)
    return url === versions.href ? { ...loaded, source: nextVersions() } : loaded
  },
})

function nextVersions(): string {
  const text = readFileSync(versions, 'utf8')
  const newest = Number(/newest: (\d+)/.exec(text)?.[1])
  const next = text
    .replaceAll(/(delivery|bundle|newest): \d+/g, (_whole, name: string) => `${name}: ${String(newest + 1)}`)
    .replace(
      /(RECORD_VERSION: number = )(\d+)/,
      (_whole, start: string, now: string) => start + String(Number(now) + 1),
    )
  if (next === text || Number.isNaN(newest))
    throw new Error(`there is no version to be raised in ${versions.href}`)
  return next
}
