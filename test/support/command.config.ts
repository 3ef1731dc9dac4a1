/** Targets for `manifold targets test` and `manifold doctor`: each proves itself in another way, or is wrong in another way. */
import {
  apiKey,
  bearer,
  custom,
  defineConfig,
  defineTarget,
  fromEnvironment,
  oauth2ClientCredentials,
  secret,
  standardWebhooks,
} from '@manifold/config'
import { z } from 'zod'

const echo = fromEnvironment('TEST_ECHO_URL', 'http://127.0.0.1:9')
const common = { subscribe: ['order.**'], allowPrivateNetwork: true }

export default defineConfig({
  events: { 'order.placed': z.object({ orderId: z.string() }) },
  targets: [
    defineTarget({
      ...common,
      name: 'token',
      url: `${echo}/token?page=1`,
      auth: bearer(secret('TEST_TOKEN')),
    }),
    defineTarget({
      ...common,
      name: 'signed',
      url: `${echo}/signed`,
      auth: standardWebhooks(secret('TEST_SIGNING')),
    }),
    defineTarget({
      ...common,
      name: 'query',
      url: `${echo}/query?access_token=in-the-config`,
      headers: { 'x-tenant-secret': 'also-in-the-config', 'x-tenant': 'acme' },
      auth: apiKey({ query: 'k' }, secret('TEST_QUERY')),
    }),
    defineTarget({
      ...common,
      name: 'custom',
      url: `${echo}/custom`,
      auth: custom((request) => ({
        ...request,
        headers: { ...request.headers, 'x-mine': 'made-up-here' },
      })),
    }),
    defineTarget({ ...common, name: 'refusing', subscribe: ['order.placed'], url: `${echo}/refusing` }),
    defineTarget({ ...common, name: 'inside', url: `${echo}/inside`, allowPrivateNetwork: false }),
    defineTarget({
      name: 'handled',
      subscribe: ['order.**'],
      handle: (event, { logger }) => {
        logger.info({ id: event.id }, 'looked at')
      },
    }),
    defineTarget({
      name: 'careless',
      subscribe: ['order.**'],
      handle: (_event, { logger }) => {
        const key = secret('TEST_TOKEN').reveal()
        logger.info({ key }, `calling with ${key}\u001b[31m`)
        throw new Error(`the SDK says: 401 for key ${key}`)
      },
    }),
    defineTarget({
      ...common,
      name: 'revealing',
      url: () => `${echo}/revealing/${secret('TEST_TOKEN').reveal()}`,
      headers: () => ({ 'x-route': secret('TEST_SIGNING').reveal() }),
      body: () => ({ key: secret('TEST_QUERY').reveal() }),
    }),
    defineTarget({
      ...common,
      name: 'hanging',
      url: `${echo}/hanging`,
    }),
    defineTarget({
      ...common,
      name: 'outdated',
      url: `${echo}/outdated`,
      auth: oauth2ClientCredentials({
        tokenUrl: `${echo}/tokens`,
        clientId: 'manifold',
        clientSecret: secret('TEST_TOKEN'),
      }),
    }),
  ],
})
