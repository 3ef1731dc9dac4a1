/** Targets that want secrets nobody has set: for what a worker says when it starts. */
import { apiKey, basic, bearer, defineConfig, defineTarget, secret, standardWebhooks } from '@manifold/config'

const url = 'https://api.example/'

export default defineConfig({
  callbacks: { signingSecret: secret('TEST_CALLBACK_SECRET') },
  targets: [
    defineTarget({ name: 'one', url, auth: bearer(secret('TEST_MISSING_TOKEN')) }),
    defineTarget({ name: 'two', url, auth: basic('manifold', secret('TEST_MISSING_PASSWORD')) }),
    defineTarget({ name: 'three', url, auth: apiKey({ header: 'x-key' }, secret('TEST_OTHER_KEY')) }),
    defineTarget({ name: 'four', url, auth: standardWebhooks(secret('TEST_ODD_SECRET')) }),
  ],
})
