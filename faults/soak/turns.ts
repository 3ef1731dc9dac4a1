/** Turns: one at a time, in the order they were asked for. */

export type Turns = <T>(body: () => Promise<T>) => Promise<T>

export function takeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return (body) => {
    const own = last.then(body)
    last = own.catch(() => undefined)
    return own
  }
}
