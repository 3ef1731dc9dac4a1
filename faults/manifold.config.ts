/** The config under fault: three targets with the policy that the oracle judges them by. */
import { defineConfig, defineTarget, fromEnvironment, type HttpTargetDefinition } from '@manifold/config'
import { POLICY, type Policy } from './oracle/policy.ts'
import { TARGETS } from './stage/targets.ts'

const receiverUrl = fromEnvironment('FAULTS_RECEIVER_URL', 'http://127.0.0.1:4000')
const { breaker, concurrency, retry, timeoutMs } = JSON.parse(
  fromEnvironment('FAULTS_POLICY', JSON.stringify(POLICY)),
) as Policy

/** What a scenario has otherwise for single targets: another address, another certificate to trust. */
const changes = JSON.parse(fromEnvironment('FAULTS_TARGETS', '{}')) as Readonly<
  Record<
    string,
    Partial<Pick<HttpTargetDefinition, 'allowPrivateNetwork' | 'tls'>> & { readonly url?: string }
  >
>

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
    ...changes[name],
  }),
)

export default defineConfig({ targets })
