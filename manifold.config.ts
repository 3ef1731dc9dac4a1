/**
 * The demo: one order event, three APIs. Replace the targets with your own, a file each in `targets/`.
 */
import { defineConfig } from '@manifold/config'
import { z } from 'zod'
import { billing } from './targets/billing.ts'
import { crm } from './targets/crm.ts'
import { email } from './targets/email.ts'

export default defineConfig({
  events: {
    'order.placed': z.object({ orderId: z.string(), total: z.number() }),
  },
  targets: [crm, email, billing],
})
