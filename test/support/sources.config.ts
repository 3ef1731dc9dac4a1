/** Sources that want secrets nobody has set: for what a producer says when it starts. */
import {
  defineConfig,
  defineSource,
  githubSignature,
  secret,
  standardWebhooksSignature,
} from '@manifold/config'

const toEvent = () => undefined

export default defineConfig({
  targets: [{ name: 'one', url: 'https://api.example/' }],
  sources: [
    defineSource({ path: 'one', verify: githubSignature(secret('TEST_MISSING_GITHUB')), toEvent }),
    defineSource({
      path: 'two',
      verify: standardWebhooksSignature(secret('TEST_MISSING_HOOK'), secret('TEST_ODD_HOOK')),
      toEvent,
    }),
  ],
})
