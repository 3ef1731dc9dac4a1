/** What a command ends with; docs/command-line.md says the same. */

export const EXIT = {
  ok: 0,
  /** Something that was asked for failed. */
  failed: 1,
  /** The command was written wrongly; nothing was done. */
  usage: 2,
  /** No producer answered, or one that cannot work now. */
  unreachable: 3,
  /** The key is missing, wrong, or lacks a scope. */
  notAllowed: 4,
  /** Ctrl-C, as shells count it. */
  interrupted: 130,
  /** Whoever read the output has gone, as shells count it. */
  brokenPipe: 141,
  /** SIGTERM, as shells count it. */
  terminated: 143,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
