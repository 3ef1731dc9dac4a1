/** Lists in answers: `{items, nextCursor}`. */
import { z } from 'zod'

/** A list of one thing. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .describe('Give it back as `cursor` for the next page; null at the end.'),
  })
}
