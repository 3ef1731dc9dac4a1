import { defineTarget } from '@manifold/config'
import { SANDBOX_URL } from './sandbox.ts'

/** Is down: its deliveries end in the dead letters, until somebody heals it and replays them. */
export const billing = defineTarget<{ total: number }>({
  name: 'billing',
  subscribe: ['order.*'],
  filter: (event) => event.data.total > 0,
  url: `${SANDBOX_URL}/t/billing/status/503`,
  retry: { maxAttempts: 3, baseDelayMs: 400, maxDelayMs: 2_000 },
  allowPrivateNetwork: true,
})
