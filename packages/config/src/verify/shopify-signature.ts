import type { Verifier } from '@manifold/domain'
import type { Secret } from '../secret.ts'
import { hmacSignature } from './hmac-signature.ts'

/**
 * Shopify: `X-Shopify-Hmac-Sha256: <base64>` over the body, with the app's client secret.
 *
 * A webhook is known again by `X-Shopify-Webhook-Id`, which, like the time of sending, is not signed.
 */
export function shopifySignature(...secrets: [Secret, ...Secret[]]): Verifier {
  const options = {
    header: 'X-Shopify-Hmac-Sha256',
    encoding: 'base64',
    idHeader: 'X-Shopify-Webhook-Id',
  } as const
  return { ...hmacSignature(options, ...secrets), kind: 'shopify-signature' }
}
