/** What a user writes as `callbacks`: how callers are told that their event is settled. Validated by load-config.ts. */
import type { BreakerPolicy } from '@manifold/domain'
import type { TargetDefinition } from './define-target.ts'
import type { Secret } from './secret.ts'

export type CallbacksDefinition = {
  /** Signs what is sent (Standard Webhooks); during a rotation a list with the new one first: each signs. */
  signingSecret: Secret | readonly [Secret, ...Secret[]]
  /** Hosts that may be called: `hooks.example.com`, or `*.example.com` for all below it. Default: any. */
  allow?: readonly string[]
  /** Default `false`: https only. */
  allowHttp?: boolean
  /** Private addresses that may be called, as CIDRs. Default: none. */
  allowPrivateNetwork?: readonly string[]
  /** One deadline for a whole attempt. Default 15,000. */
  timeoutMs?: number
  retry?: NonNullable<TargetDefinition['retry']>
  /** Counts for each host by itself. */
  breaker?: Partial<BreakerPolicy>
  /** Attempts under way at once in one worker process. Default 50. */
  concurrency?: number
  /** How much of an answer is read. Default 65,536. */
  maxResponseBytes?: number
}
