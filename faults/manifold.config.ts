/** The config under fault: the targets that the stage wrote down, with the policy that the oracle judges them by. */
import { readFileSync } from 'node:fs'
import { defineConfig, defineTarget, fromEnvironment, type HttpTargetDefinition } from '@manifold/config'
import { POLICY, type Policy } from './oracle/policy.ts'
import { TARGETS } from './stage/targets.ts'

const receiverUrl = fromEnvironment('FAULTS_RECEIVER_URL', 'http://127.0.0.1:4000')
const { breaker, concurrency, retry, timeoutMs } = JSON.parse(
  fromEnvironment('FAULTS_POLICY', JSON.stringify(POLICY)),
) as Policy

const targetsFile = fromEnvironment('FAULTS_TARGETS_FILE', '')
const names = targetsFile === '' ? TARGETS : (JSON.parse(readFileSync(targetsFile, 'utf8')) as string[])

/** What a scenario has otherwise for single targets: another address, another certificate to trust. */
const changes = JSON.parse(fromEnvironment('FAULTS_TARGETS', '{}')) as Readonly<
  Record<
    string,
    Partial<Pick<HttpTargetDefinition, 'allowPrivateNetwork' | 'tls'>> & { readonly url?: string }
  >
>

const targets = names.map((name) =>
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
