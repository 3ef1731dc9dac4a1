/** The config under fault: three targets with the policy that the oracle judges them by. */
import { defineConfig, defineTarget, fromEnvironment } from '@manifold/config'
import { POLICY, type Policy } from './oracle/policy.ts'
import { TARGETS } from './stage/targets.ts'

const receiverUrl = fromEnvironment('FAULTS_RECEIVER_URL', 'http://127.0.0.1:4000')
const { breaker, concurrency, retry, timeoutMs } = JSON.parse(
  fromEnvironment('FAULTS_POLICY', JSON.stringify(POLICY)),
) as Policy

const targets = TARGETS.map((name) =>
  defineTarget({
    name,
    subscribe: ['**'],
    url: `${receiverUrl}/t/${name}`,
    timeoutMs,
    retry,
    breaker,
    concurrency,
    allowPrivateNetwork: true,
  }),
)

export default defineConfig({ targets })
