/** A verdict: what was to be reached, what was measured, and which of the two it is. A miss is printed as a miss. */

export type Bound =
  | { readonly kind: 'at-least'; readonly value: number }
  | { readonly kind: 'at-most'; readonly value: number }
  | { readonly kind: 'below'; readonly value: number }

export type Verdict = {
  readonly what: string
  readonly unit: string
  readonly bound: Bound
  readonly measured: number
  readonly reached: boolean
}

/** Judges a measured value. What is not a number reaches nothing. */
export function judge(what: string, unit: string, bound: Bound, measured: number): Verdict {
  return { what, unit, bound, measured, reached: isWithin(bound, measured) }
}

function isWithin(bound: Bound, measured: number): boolean {
  switch (bound.kind) {
    case 'at-least':
      return measured >= bound.value
    case 'at-most':
      return measured <= bound.value
    case 'below':
      return measured < bound.value
    default:
      return bound satisfies never
  }
}
