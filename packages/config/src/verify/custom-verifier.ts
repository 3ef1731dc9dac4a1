import type { UnverifiedWebhook, Verdict, Verifier } from '@manifold/domain'
import type { Secret } from '../secret.ts'

/** `true` and `false` stand for a verdict without an id. */
export type CustomVerification = (
  webhook: UnverifiedWebhook,
  nowMs: number,
) => boolean | Verdict | Promise<boolean | Verdict>

/**
 * Any other proof. What the function lets through becomes an event, without an API key: that is its author's risk.
 *
 * Compare secrets with `timingSafeEqual` of node:crypto, and give an `id` in the verdict, so that a replay is known
 * again. A function that throws refuses.
 *
 * @param secrets those the function reveals, so that a missing one is reported at the start
 */
export function customVerifier(verify: CustomVerification, ...secrets: Secret[]): Verifier {
  return {
    kind: 'custom-verifier',
    secrets,
    verify: async (webhook, nowMs) => {
      const verdict = await verify(webhook, nowMs)
      if (verdict === true) return { kind: 'genuine' }
      if (typeof verdict !== 'object') return { kind: 'refused', reason: 'the verifier says no' }
      return verdict
    },
  }
}
