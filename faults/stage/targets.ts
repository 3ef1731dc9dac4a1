/** The targets of every run. */
export const TARGETS: readonly string[] = ['alpha', 'beta', 'gamma']
