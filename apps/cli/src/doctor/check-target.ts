/** Checks of a target: can it be reached from here as a delivery would reach it. Nothing is sent. */
import { probe, type Probe } from '@manifold/delivery/probe'
import type { Target } from '@manifold/domain'
import { broken, ok, warning, type Finding } from './finding.ts'

const DAY_MS = 86_400_000
const EXPIRES_SOON_MS = 14 * DAY_MS
/** A target may allow minutes for an answer; connecting takes no such time. */
const MAX_CONNECT_MS = 5_000

const FIXES: Readonly<Record<string, string>> = {
  dns: 'correct the host in its url, or the name server of this machine',
  'connection-refused': 'start it, or correct host and port in its url',
  timeout: 'look for a firewall in between, or correct its url',
  unreachable: 'look at the network between here and there',
  tls: 'renew its certificate, name its CA with tls.ca, or correct the host',
}

export async function checkTarget(target: Target, nowMs: number): Promise<Finding> {
  const about = `target ${target.name}`
  if (target.kind === 'function') return ok(about, 'is a function: what it reaches is not known from here')
  if (typeof target.url !== 'string') return ok(about, 'its url depends on the event: not looked at')
  const host = new URL(target.url).host
  const { auth } = target
  let identity: ReturnType<NonNullable<typeof auth.identity>> | undefined
  try {
    identity = auth.identity?.()
  } catch {
    return broken(about, `${host}: its client certificate cannot be read`, 'set its secrets, see above')
  }
  const timeoutMs = Math.min(target.timeoutMs, MAX_CONNECT_MS)
  return judgeProbe(about, host, await probe({ ...target, timeoutMs, identity }, target.url), nowMs)
}

/** What a probe says about a target. */
export function judgeProbe(about: string, host: string, result: Probe, nowMs: number): Finding {
  switch (result.kind) {
    case 'blocked':
      return broken(
        about,
        `${host}: ${result.error}; every delivery is a dead letter at once`,
        'correct its url, or allow the address with allowPrivateNetwork',
      )
    case 'failed': {
      const fix = FIXES[result.reason] ?? 'look at the target itself'
      return broken(about, `${host}: ${result.reason}: ${result.error}; deliveries wait and are retried`, fix)
    }
    case 'reached': {
      const { address, certificateExpiresAtMs } = result
      if (certificateExpiresAtMs === undefined) return ok(about, `${host} answers at ${address}, without TLS`)
      const days = Math.floor((certificateExpiresAtMs - nowMs) / DAY_MS)
      const text = `${host} answers at ${address}, certificate good for ${String(days)} days`
      return certificateExpiresAtMs - nowMs < EXPIRES_SOON_MS
        ? warning(about, text, 'have its owner renew the certificate')
        : ok(about, text)
    }
    default:
      return result satisfies never
  }
}
