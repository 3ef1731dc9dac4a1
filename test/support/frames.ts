/** Frames of `text/event-stream`, taken apart without a client library: what a test compares. */

export type Frame = {
  readonly event: string
  readonly id: string
  readonly data: Record<string, unknown>
}

/** The complete frames of a text that say something; comments and frames without data are left out. */
export function framesOf(text: string): Frame[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((frame) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1]
      const data = field('data')
      if (data === undefined) return []
      return [
        {
          event: field('event') ?? 'message',
          id: field('id') ?? '',
          data: JSON.parse(data) as Record<string, unknown>,
        },
      ]
    })
}
