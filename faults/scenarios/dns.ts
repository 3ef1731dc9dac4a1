import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@manifold/redis-server'
import { POLICY } from '../oracle/policy.ts'
import { startProxy, type Proxy } from '../proxy/proxy.ts'
import { startNameServer, type NameServer } from '../receiver/name-server.ts'
import { noOwnResolver, withNameServer } from '../stage/own-resolver.ts'
import type { Stage } from '../stage/stage.ts'
import { firstAttempt } from './first-attempt.ts'
import type { Scenario } from './scenario.ts'

const ALPHA = 'alpha.fault.test'
const BETA = 'beta.fault.test'
const [OLD, NEW, FORBIDDEN] = ['127.0.0.2', '127.0.0.3', '127.0.0.4']

/** A connection lives for no more than 30 s, and an attempt that is under way ends. */
const FOLLOWED_MS = 35_000

/** An address is left when nothing has come there for so long, under load. */
const QUIET_MS = 2_000

/** How late a delivery of another target may be while a name server is silent about the first one's name. */
const LATE_MS = 2_000

export const dns: Scenario = {
  name: 'dns',
  title:
    'A target whose name moves to another address under load, does not exist, cannot be resolved for now, is not answered for; then comes to mean a forbidden address',
  promise:
    'the new address is followed within 35 s; failures are attempts that say why; the other targets notice nothing; to a forbidden address nothing is sent',
  missing: noOwnResolver,
  stage: { workers: 0, policy: { timeoutMs: 2_000, retry: { ...POLICY.retry, maxAttempts: 1_000 } } },
  run: async (stage) => {
    const port = await freePort()
    const names = await startNameServer()
    stage.defer(names.close)
    const openAt = async (host: string): Promise<Proxy> => {
      const proxy = await startProxy(stage.receiver.port, { host, port })
      stage.defer(proxy.close)
      return proxy
    }
    const [before, after, forbidden] = [await openAt(OLD), await openAt(NEW), await openAt(FORBIDDEN)]
    const addresses = (...all: string[]) => ({ kind: 'addresses', addresses: all }) as const
    names.say(ALPHA, addresses(OLD))
    names.say(BETA, addresses(NEW))
    const allowPrivateNetwork = [`${OLD}/32`, `${NEW}/32`]
    const at = (name: string, target: string) => ({
      url: `http://${name}:${String(port)}/t/${target}`,
      allowPrivateNetwork,
    })
    const changes = { alpha: at(ALPHA, 'alpha'), beta: at(BETA, 'beta') }
    const environment = { FAULTS_TARGETS: JSON.stringify(changes) }
    const through = withNameServer(stage.folder, names.address)
    await Promise.all([stage.addWorker(environment, through), stage.addWorker(environment, through)])

    const load = stage.load({ eventsPerSecond: stage.size(20, 50) })
    await stage.until('requests', () => before.lastCarriedAtMs() !== undefined)

    names.say(ALPHA, addresses(NEW))
    const movedMs = Date.now()
    await stage.until(
      'the new address to be followed',
      () => Date.now() - (before.lastCarriedAtMs() ?? 0) > QUIET_MS,
      FOLLOWED_MS + 2 * QUIET_MS,
    )
    const followedMs = (before.lastCarriedAtMs() ?? 0) - movedMs
    stage.expect(
      followedMs < FOLLOWED_MS,
      `a new address is followed within ${String(FOLLOWED_MS)} ms`,
      `the old one was still called after ${String(followedMs)} ms`,
    )

    const reasons: string[] = []
    for (const { what, said, reason } of [
      { what: 'no such name', said: { kind: 'no-such-name' }, reason: 'dns' },
      { what: 'cannot say now', said: { kind: 'failure' }, reason: 'dns' },
      { what: 'silence', said: { kind: 'silence' }, reason: 'timeout' },
    ] as const) {
      names.say(ALPHA, said)
      await cut(stage, after, what)
      const attempt = await firstAttempt(stage, 'alpha')
      stage.expect(
        attempt.outcome === 'retryable' && attempt.reason === reason,
        `${what}: an attempt, retryable as ${reason}`,
        `it was ${attempt.outcome} as ${attempt.reason}`,
      )
      // Lookups that hang pile up, if they do, and other names wait behind them.
      await wait(stage.size(2_000, 10_000))
      await cut(stage, after, `${what}, and beta has to look up again`)
      const fromMs = Date.now()
      const other = await firstAttempt(stage, 'beta')
      const tookMs = other.atMs + other.durationMs - fromMs
      stage.expect(
        other.outcome === 'delivered' && tookMs < LATE_MS,
        `${what}: the other targets notice nothing`,
        `beta ${other.outcome} as ${other.reason} after ${String(tookMs)} ms`,
      )
      reasons.push(`${what}: ${attempt.reason}, beta in ${String(tookMs)} ms`)
    }

    const died = await rebind(stage, names, after)
    stage.expect(
      forbidden.lastConnectedAtMs() === undefined,
      'nothing is sent to a forbidden address',
      'somebody connected to it',
    )
    names.say(ALPHA, addresses(NEW))
    await load.stop()
    stage.note(
      `followed after ${(followedMs / 1_000).toFixed(1)} s; ${reasons.join('; ')}; ${String(died)} blocked and replayed`,
    )
    const replay = await stage.operator.replayAll({ target: 'alpha' })
    await stage.until(
      'the replay',
      async () => (await stage.operator.progress(replay)).status === 'completed',
    )
  },
}

/** Ends the connections there are, so that the name is asked for anew. */
async function cut(stage: Stage, proxy: Proxy, what: string): Promise<void> {
  const over = stage.disturbances.begin(`connections cut: ${what}`, 'answers')
  await proxy.set({ kind: 'reset', afterBytes: Infinity })
  await proxy.set({ kind: 'none' })
  over()
}

/** The name comes to mean an address that the target may not be at. @returns how many died of it */
async function rebind(stage: Stage, names: NameServer, proxy: Proxy): Promise<number> {
  const over = stage.disturbances.begin('the name means a forbidden address', 'lateness', {
    kills: 'blocked',
  })
  names.say(ALPHA, { kind: 'addresses', addresses: [FORBIDDEN] })
  await cut(stage, proxy, 'a forbidden address')
  await stage.until('dead letters', async () => (await stage.operator.deadLetters()).length >= 10)
  names.say(ALPHA, { kind: 'addresses', addresses: [NEW] })
  over()
  const letters = await stage.operator.deadLetters()
  const reasons = [...new Set(letters.map(({ reason }) => String(reason)))]
  stage.expect(reasons.join() === 'blocked', 'they died as blocked', reasons.join(', '))
  return letters.length
}
