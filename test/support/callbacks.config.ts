/** A target and callbacks to this machine: for tests whose parts are real processes. */
import { defineConfig, defineTarget, fromEnvironment, secret } from '@manifold/config'

const sandboxUrl = fromEnvironment('SANDBOX_URL', 'http://127.0.0.1:4000')

export default defineConfig({
  targets: [defineTarget({ name: 'beta', url: `${sandboxUrl}/t/beta/ok`, allowPrivateNetwork: true })],
  callbacks: {
    signingSecret: secret('TEST_CALLBACK_SECRET'),
    allowHttp: true,
    allowPrivateNetwork: ['127.0.0.0/8'],
  },
})
