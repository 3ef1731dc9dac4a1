/** Times in answers: RFC 3339, in UTC, with milliseconds. */
import { z } from 'zod'

export const time = z.iso.datetime()

/** A time that has not come, or never will. */
export const timeOrNull = time.nullable()
