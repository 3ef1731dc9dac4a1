/** A config that fails over a secret, and over words of its own: for what a part says when it cannot start. */
import { defineConfig, defineTarget, secret } from '@manifold/config'

const settings = JSON.parse(secret('TEST_UNREADABLE').reveal()) as { readonly url: string }

export default defineConfig({ targets: [defineTarget({ name: 'crm', url: settings.url })] })
