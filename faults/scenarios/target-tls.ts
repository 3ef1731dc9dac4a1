import { makeAuthority, makeSelfSigned } from '../../test/support/certificates.ts'
import { POLICY } from '../oracle/policy.ts'
import { openTlsDoor, showing, type Shown } from '../receiver/tls-door.ts'
import { firstAttempt } from './first-attempt.ts'
import type { Scenario } from './scenario.ts'

const DAY_MS = 86_400_000
const HERE = { ips: ['127.0.0.1'] }
const CALLERS = 5

/** Words of ours that a handshake does not hold. */
const OURS = /driverKey|webhook|POST|manifold/i

type Wrong = { readonly what: string; readonly shown: Shown; readonly reason: string }

export const targetTls: Scenario = {
  name: 'target-tls',
  title:
    'A target with a certificate that has expired, is for another host, self-signed, by another CA; with a handshake that hangs, with none at all; then with a good one',
  promise:
    'no byte of an event goes where the certificate is not valid; each is an attempt that says why; once it is good all arrive once',
  stage: { workers: 0, policy: { timeoutMs: 1_000, retry: { ...POLICY.retry, maxAttempts: 1_000 } } },
  run: async (stage) => {
    const authority = await makeAuthority('the target’s CA')
    const yesterday = new Date(Date.now() - DAY_MS)
    const wrong: readonly Wrong[] = [
      ['expired', await authority.issue('api', { ...HERE, notAfter: yesterday })] as const,
      ['for another host', await authority.issue('api', { names: ['api.example'] })] as const,
      ['self-signed', await makeSelfSigned('api', HERE)] as const,
      ['by another CA', await (await makeAuthority('another CA')).issue('api', HERE)] as const,
    ].map(([what, issued]): Wrong => ({ what, shown: showing(issued), reason: 'tls' }))
    const door = await openTlsDoor(() => stage.receiver.port)
    stage.defer(door.close)
    const alpha = {
      url: `https://127.0.0.1:${String(door.port)}/t/alpha`,
      tls: { ca: authority.certificate },
    }
    const environment = { FAULTS_TARGETS: JSON.stringify({ alpha }) }
    await Promise.all([stage.addWorker(environment), stage.addWorker(environment)])

    const load = stage.load({ eventsPerSecond: stage.size(20, 50) })
    const reasons: string[] = []
    for (const { what, shown, reason } of [
      ...wrong,
      { what: 'silent', shown: { kind: 'silence' }, reason: 'timeout' },
      { what: 'plain HTTP', shown: { kind: 'plain' }, reason: 'tls' },
    ] satisfies readonly Wrong[]) {
      const before = stage.requests().length
      door.show(what, shown)
      await stage.until(`callers of ${what}`, () => door.callers(what) >= stage.size(CALLERS, 50))
      const attempt = await firstAttempt(stage, 'alpha')
      const heard = door.heard(what)
      stage.expect(
        attempt.outcome === 'retryable' && attempt.reason === reason,
        `${what}: an attempt, retryable as ${reason}`,
        `it was ${attempt.outcome} as ${attempt.reason}`,
      )
      stage.expect(
        shown.kind === 'certificate' ? heard === '' : !OURS.test(heard),
        `${what}: no byte of an event`,
        JSON.stringify(heard.slice(0, 100)),
      )
      const others = stage.requests().slice(before)
      stage.expect(others.length > 0, `${what}: the other targets go on`, 'nothing came')
      reasons.push(`${what}: ${attempt.reason}`)
    }
    const early = stage.requests().filter(({ target }) => target === 'alpha').length
    stage.expect(early === 0, 'nothing arrives before it is good', `${String(early)} requests came`)
    door.show('good', showing(await authority.issue('api', HERE)))
    await stage.until('deliveries', () => stage.requests().some(({ target }) => target === 'alpha'))
    await load.stop()
    stage.note(reasons.join(', '))
  },
}
