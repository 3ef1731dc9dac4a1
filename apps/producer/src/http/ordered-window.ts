/**
 * A window of work under way: many items at once, results in the order of the items, never more than has room.
 *
 * One side adds, and waits while the window is full; the other takes the results, and waits while there are none. A
 * place is free again when its result has been dealt with, so that one who takes slowly slows down the one who adds.
 */

export type WindowLimits = { readonly items: number; readonly bytes: number }

export type OrderedWindow<Result> = {
  /** Starts an item's work when there is room. @returns false, without starting, when nobody takes results any more */
  readonly add: (bytes: number, work: () => Promise<Result>) => Promise<boolean>
  /** Nothing more will be added; with an error, `results` throws it behind the last result. */
  readonly end: (failure?: { readonly error: unknown }) => void
  /** To be iterated once. Leaving it early ends the adding. */
  readonly results: () => AsyncGenerator<Result, void>
}

type Place<Result> = { readonly bytes: number; readonly result: Promise<Result> }

/** @param limits an item larger than `bytes` goes alone */
export function createOrderedWindow<Result>(limits: WindowLimits): OrderedWindow<Result> {
  const places: Place<Result>[] = []
  let bytesUnderWay = 0
  let ended = false
  let abandoned = false
  let failure: { readonly error: unknown } | undefined
  let wakeAdder: () => void = () => undefined
  let wakeTaker: () => void = () => undefined

  const hasRoom = (bytes: number) =>
    places.length === 0 || (places.length < limits.items && bytesUnderWay + bytes <= limits.bytes)

  // Asked again after every wait: the other side changes it meanwhile.
  const isAbandoned = () => abandoned

  async function* results(): AsyncGenerator<Result, void> {
    try {
      for (;;) {
        const first = places[0]
        if (first === undefined) {
          if (ended) break
          await new Promise<void>((resolve) => (wakeTaker = resolve))
          continue
        }
        yield await first.result
        places.shift()
        bytesUnderWay -= first.bytes
        wakeAdder()
      }
      if (failure !== undefined) throw failure.error
    } finally {
      abandoned = true
      wakeAdder()
    }
  }

  return {
    add: async (bytes, work) => {
      while (!isAbandoned() && !hasRoom(bytes)) {
        await new Promise<void>((resolve) => (wakeAdder = resolve))
      }
      if (isAbandoned()) return false
      const result = work()
      // Whoever takes the results meets the error; one who has left must not leave it unhandled.
      result.catch(() => undefined)
      places.push({ bytes, result })
      bytesUnderWay += bytes
      wakeTaker()
      return true
    },
    end: (why) => {
      ended = true
      failure = why
      wakeTaker()
    },
    results,
  }
}
