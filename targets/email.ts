import { defineTarget } from '@manifold/config'
import { SANDBOX_URL } from './sandbox.ts'

/** Fails twice for each delivery and then works: it recovers after retries. */
export const email = defineTarget({
  name: 'email',
  subscribe: ['order.*'],
  url: `${SANDBOX_URL}/t/email/flaky?fail=2`,
  retry: { maxAttempts: 6, baseDelayMs: 500, maxDelayMs: 5_000 },
  allowPrivateNetwork: true,
})
