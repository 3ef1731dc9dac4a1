import type { Verifier } from '@manifold/domain'
import type { Secret } from '../secret.ts'
import { isSignedBy } from './hmac.ts'
import { signedField } from './signed-field.ts'
import { judgeTime } from './timeliness.ts'
import { MISMATCH, missingHeader } from './verdict.ts'

/**
 * Stripe: `Stripe-Signature: t=<time>,v1=<hex>[,v1=…]` over `<time>.<body>`, with the endpoint's `whsec_…` secret, at most
 * five minutes old. Other schemes in the header (`v0`) say nothing.
 *
 * A webhook is known again by the `id` of Stripe's event. What else is in it may change when Stripe sends it again
 * (`pending_webhooks` does), so that nothing but the id tells two apart.
 */
export function stripeSignature(...secrets: [Secret, ...Secret[]]): Verifier {
  return {
    kind: 'stripe-signature',
    secrets,
    verify: ({ headers, body }, nowMs) => {
      const header = headers['stripe-signature']
      if (header === undefined) return missingHeader('Stripe-Signature')
      const fields = header.split(',').map((field) => field.trim())
      const [time, ...otherTimes] = valuesOf(fields, 't')
      if (time === undefined || otherTimes.length > 0) return MISMATCH

      const content = [time, '.', body]
      if (!isSignedBy(secrets, { algorithm: 'sha256', encoding: 'hex' }, content, valuesOf(fields, 'v1')))
        return MISMATCH
      const timeliness = judgeTime(time, nowMs)
      if (timeliness.kind === 'untimely') return { kind: 'refused', reason: timeliness.reason }
      const id = signedField(body, 'id')
      return { kind: 'genuine', id, fingerprint: id, signed: content }
    },
  }
}

function valuesOf(fields: readonly string[], name: string): string[] {
  return fields.flatMap((field) => (field.startsWith(`${name}=`) ? [field.slice(name.length + 1)] : []))
}
