/** What a check finds: one line, with the fix where there is something to mend. */

export type Finding = {
  /** What was looked at, in a word or two. */
  readonly about: string
  /** `broken`: it does not work, or loses events. `warning`: it works, for now. */
  readonly level: 'ok' | 'warning' | 'broken'
  readonly message: string
  readonly fix?: string | undefined
}

export const ok = (about: string, message: string): Finding => ({ about, level: 'ok', message })

export const warning = (about: string, message: string, fix: string): Finding => ({
  about,
  level: 'warning',
  message,
  fix,
})

export const broken = (about: string, message: string, fix: string): Finding => ({
  about,
  level: 'broken',
  message,
  fix,
})
