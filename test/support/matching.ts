/** vitest's matchers for parts of a value, as values without a type: theirs are `any`, which would spread. */
import { expect } from 'vitest'

/** A text with this in it. */
export const containing = (text: string): unknown => expect.stringContaining(text)

/** A text of this form. */
export const matching = (form: RegExp): unknown => expect.stringMatching(form)

/** An object with at least these fields. */
export const like = (fields: Readonly<Record<string, unknown>>): unknown => expect.objectContaining(fields)
