/** What the sender of a webhook is answered. */
import { z } from 'zod'

export const storedWebhook = z
  .object({ accepted: z.array(z.string()).describe('Ids of the events it became.') })
  .describe('The webhook is stored as events.')

export type StoredWebhook = z.infer<typeof storedWebhook>

export const storedWebhookExample = { accepted: ['evt_01KG9Q2V7M5T3XW8E4R6YB1NDC'] } satisfies StoredWebhook
