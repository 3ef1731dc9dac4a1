/** The environment for programs this process starts. */

/** This process's environment with some variables set. */
export function environmentWith(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...variables }
}

/** Where programs are looked for. */
export function programPath(): string {
  return process.env['PATH'] ?? ''
}
