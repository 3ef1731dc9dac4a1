/** Somebody to strike: a fault that hits nobody would prove nothing. */
import type { Part } from '../stage/part.ts'

/** The first of them. @throws when there is none */
export function anyone(parts: readonly Part[]): Part {
  const [part] = parts
  if (part === undefined) throw new Error('there is nobody to strike')
  return part
}
