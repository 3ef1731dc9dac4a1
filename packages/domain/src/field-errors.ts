/** Turns what zod found into the list of paths and messages shown to people. */
import type { z } from 'zod'
import type { FieldError } from './problem.ts'

/** Writes a path as code would: `targets[2].retry.maxAttempts`; the whole value is `(root)`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const key of path) {
    if (typeof key === 'number') text += `[${String(key)}]`
    else text += text === '' ? String(key) : `.${String(key)}`
  }
  return text === '' ? '(root)' : text
}

/** Every issue, in order; unknown keys one by one. `prefix` is where the value stands in a larger document. */
export function fieldErrors(error: z.ZodError, prefix: readonly PropertyKey[] = []): FieldError[] {
  return error.issues.flatMap((issue): FieldError[] => {
    const path = [...prefix, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: formatPath([...path, key]), message: 'unknown field' }))
    }
    return [{ path: formatPath(path), message: issue.message }]
  })
}
