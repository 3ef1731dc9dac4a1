/**
 * A plain, non-secret value from the environment for use in a config or target file,
 * so that those files need not read the environment themselves.
 *
 * @returns the variable's value, or `fallback` when it is unset or empty
 */
export function fromEnvironment(name: string, fallback: string): string {
  const value = process.env[name]
  return value === undefined || value === '' ? fallback : value
}
