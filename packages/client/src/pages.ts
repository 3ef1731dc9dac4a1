/** Page after page of a list: the next is fetched when the last item of the one before was taken. */
import type { CallOptions } from './events.ts'
import type { Page } from './views.ts'

export type PageOptions = CallOptions & {
  /** 1 to 200; 50 without it. */
  readonly limit?: number | undefined
  /** `nextCursor` of the page before, with the same filter. */
  readonly cursor?: string | undefined
}

const LARGEST_PAGE = 200

/** Every item, as far as they are taken. */
export async function* everyItem<Item>(
  list: (options: PageOptions) => Promise<Page<Item>>,
  options: CallOptions = {},
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined
  do {
    const page = await list({ ...options, limit: LARGEST_PAGE, cursor })
    yield* page.items
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}
