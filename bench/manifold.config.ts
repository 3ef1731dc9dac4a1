/** The config under measurement: targets that are signed, guarded, broken off and retried as a real one would be. */
import { defineConfig, defineTarget, fromEnvironment, secret, standardWebhooks } from '@manifold/config'
import { targetNames } from './stage/target-names.ts'

const sinkUrl = fromEnvironment('BENCH_SINK_URL', 'http://127.0.0.1:4000/sink')
const count = Number(fromEnvironment('BENCH_TARGETS', '3'))

const targets = targetNames(count).map((name) =>
  defineTarget({
    name,
    subscribe: ['**'],
    url: `${sinkUrl}/${name}`,
    auth: standardWebhooks(secret('BENCH_SECRET')),
    concurrency: 50,
    allowPrivateNetwork: true,
  }),
)

export default defineConfig({ targets })
