/** Where else an event can be looked at: paths of this API. */
import { z } from 'zod'

export const links = z
  .object({
    self: z.string().describe('Its status.'),
    stream: z.string().describe('Its attempts and changes as they happen (Server-Sent Events).'),
    result: z.string().describe('What came out of it, in one answer.'),
  })
  .describe('Paths under which an event can be followed.')

export type Links = z.infer<typeof links>

export const linksExample = {
  self: '/v1/events/evt_01KG9Q2V7M5T3XW8E4R6YB1NDC',
  stream: '/v1/events/evt_01KG9Q2V7M5T3XW8E4R6YB1NDC/stream',
  result: '/v1/events/evt_01KG9Q2V7M5T3XW8E4R6YB1NDC/result',
} satisfies Links
