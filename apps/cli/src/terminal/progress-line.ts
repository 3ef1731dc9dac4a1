/** One line at the bottom of a terminal that tells how far something is. Nothing at all where there is no terminal. */

export type ProgressLine = {
  /** Shows it, if the last one was shown long enough. */
  readonly show: (text: string) => void
  /** A line that stays, above the progress. */
  readonly note: (text: string) => void
  /** Takes the line away. */
  readonly clear: () => void
}

type Screen = {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

const SHOW_MS = 100
const CLEAR_LINE = '\r\u001b[2K'
const BAR_WIDTH = 24

export function openProgressLine(screen: Screen, now: () => number = Date.now): ProgressLine {
  const visible = screen.isTTY === true
  let shownAtMs = -Infinity
  let shown = ''
  const draw = (text: string) => {
    if (visible) screen.write(CLEAR_LINE + text.slice(0, (screen.columns ?? 80) - 1))
    shown = text
  }
  return {
    show: (text) => {
      if (now() - shownAtMs < SHOW_MS) return
      shownAtMs = now()
      draw(text)
    },
    note: (text) => {
      const before = shown
      if (before !== '') draw('')
      screen.write(`${text}\n`)
      if (before !== '') draw(before)
    },
    clear: () => {
      if (shown !== '') draw('')
    },
  }
}

/** A bar for a share between 0 and 1. */
export function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH)
  return `[${'='.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}] ${String(Math.floor(Math.min(1, share) * 100)).padStart(3)} %`
}
