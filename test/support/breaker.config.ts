/** Targets with a breaker that is quick to open and to try again: for tests whose workers are processes of their own. */
import { defineConfig, defineTarget, fromEnvironment } from '@manifold/config'

export const OPEN_MS = 600
/** So many deliveries at once in one worker: what is under way when the breaker opens is at most this, times the workers. */
export const CONCURRENCY = 2

const target = (name: string, openMs: number) =>
  defineTarget({
    name,
    url: `${fromEnvironment('SANDBOX_URL', 'http://127.0.0.1:4000')}/t/${name}/ok`,
    timeoutMs: 2_000,
    concurrency: CONCURRENCY,
    retry: { maxAttempts: 50, baseDelayMs: 20, maxDelayMs: 50 },
    breaker: { failureRate: 0.5, minimumAttempts: 5, windowMs: 2_000, openMs },
    allowPrivateNetwork: true,
  })

// Nobody waits for the second one to try again by itself.
export default defineConfig({ targets: [target('alpha', OPEN_MS), target('beta', 60_000)] })
