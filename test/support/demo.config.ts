/** Three targets in a sandbox, quick to retry: for tests whose parts are processes of their own. */
import { defineConfig, defineTarget, fromEnvironment } from '@manifold/config'

const sandboxUrl = fromEnvironment('SANDBOX_URL', 'http://127.0.0.1:4000')
const timeoutMs = Number(fromEnvironment('TEST_TIMEOUT_MS', '5000'))

const targets = ['alpha', 'beta', 'gamma'].map((name) =>
  defineTarget({
    name,
    subscribe: ['**'],
    url: `${sandboxUrl}/t/${name}/ok`,
    timeoutMs,
    retry: { maxAttempts: 4, baseDelayMs: 20, maxDelayMs: 100 },
    allowPrivateNetwork: true,
  }),
)

export default defineConfig({ targets })
