/** A target whose handler ends its process for some events, in the way they ask for: for tests whose workers are real processes. */
import { defineConfig, defineTarget, fromEnvironment } from '@manifold/config'

const sandboxUrl = fromEnvironment('SANDBOX_URL', 'http://127.0.0.1:4000')

/** An answer that nothing ends of. */
const CURED = 201

/** Ways to end the process that tries an event. */
const WAYS: Readonly<Record<string, () => unknown>> = {
  exit: () => process.exit(0),
  'throw-later': () => {
    setTimeout(() => {
      throw new Error('nobody catches this')
    })
    return new Promise(() => undefined)
  },
  'never-end': () => {
    for (;;);
  },
}

export default defineConfig({
  targets: [
    defineTarget({
      name: 'alpha',
      subscribe: ['**'],
      handle: async (event, { fetch, deliveryId }) => {
        const { how, slow } = event.data as { how?: string; slow?: boolean }
        const answer = await fetch(`${sandboxUrl}/t/alpha/${slow === true ? 'delay/150' : 'ok'}`, {
          method: 'POST',
          headers: { 'idempotency-key': deliveryId, 'webhook-id': deliveryId },
        })
        if (how !== undefined && answer.status !== CURED) await WAYS[how]?.()
        if (!answer.ok) throw new Error(`answered ${String(answer.status)}`)
      },
      timeoutMs: 1_500,
      retry: { maxAttempts: 4, baseDelayMs: 20, maxDelayMs: 100 },
      allowPrivateNetwork: true,
    }),
  ],
})
