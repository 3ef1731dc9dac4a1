/** What an auth builder is given in a unit test. */
import { secret, type Secret } from '@manifold/config'
import type { AuthContext, OutgoingRequest } from '@manifold/domain'
import { onTestFinished, vi } from 'vitest'

export const NOW_MS = 1_769_851_800_000

export const REQUEST: OutgoingRequest = {
  method: 'POST',
  url: 'https://crm.example/orders?tenant=acme',
  headers: {
    'content-type': 'application/json',
    'webhook-id': 'evt_1-crm',
    'webhook-timestamp': String(NOW_MS / 1_000),
  },
  body: '{"note":"für €5"}',
}

/** The context of an attempt that needs no network, but for what is said. */
export function contextWith(changes: Partial<AuthContext> = {}): AuthContext {
  return {
    fetch: () => Promise.reject(new Error('no network in this test')),
    nowMs: NOW_MS,
    rejected: undefined,
    ...changes,
  }
}

/** A secret that has this value until the test is over. */
export function secretOf(value: string, name = 'MANIFOLD_TEST_SECRET'): Secret {
  vi.stubEnv(name, value)
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  return secret(name)
}
