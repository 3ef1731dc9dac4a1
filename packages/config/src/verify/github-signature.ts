import type { Verifier } from '@manifold/domain'
import type { Secret } from '../secret.ts'
import { hmacSignature } from './hmac-signature.ts'

/**
 * GitHub: `X-Hub-Signature-256: sha256=<hex>` over the body.
 *
 * A webhook is known again by `X-GitHub-Delivery`. GitHub signs neither that nor a time: who has got hold of a whole
 * webhook could send it again under another id. Where that matters, `hmacSignature` without `idHeader` goes by the body.
 */
export function githubSignature(...secrets: [Secret, ...Secret[]]): Verifier {
  const options = { header: 'X-Hub-Signature-256', prefix: 'sha256=', idHeader: 'X-GitHub-Delivery' }
  return { ...hmacSignature(options, ...secrets), kind: 'github-signature' }
}
