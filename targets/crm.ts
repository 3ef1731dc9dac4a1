import { defineTarget } from '@manifold/config'
import { SANDBOX_URL } from './sandbox.ts'

/** Takes everything at once: the target as it should be. */
export const crm = defineTarget<{ orderId: string; total: number }>({
  name: 'crm',
  subscribe: ['order.*', 'customer.**'],
  url: `${SANDBOX_URL}/t/crm/ok`,
  headers: { 'x-tenant': 'acme' },
  body: (event) => ({ order_id: event.data.orderId, amount: event.data.total, happened_at: event.time }),
  allowPrivateNetwork: true,
})
