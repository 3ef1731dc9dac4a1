import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Auth } from '@manifold/domain'
import type { Secret } from '../secret.ts'

export type MutualTlsOptions = {
  /** The client's certificate, PEM, its chain behind it. */
  readonly certificate: Secret
  /** PEM. */
  readonly privateKey: Secret
}

/** Mutual TLS: the client shows a certificate. The target's own CA is its `tls.ca`. */
export function mutualTls({ certificate, privateKey }: MutualTlsOptions): Auth {
  return {
    kind: 'mutual-tls',
    secrets: [certificate, privateKey],
    authenticate: (request) => request,
    identity: () => ({ certificate: certificate.reveal(), privateKey: privateKey.reveal() }),
    check: () => {
      try {
        const fits = new X509Certificate(certificate.reveal()).checkPrivateKey(
          createPrivateKey(privateKey.reveal()),
        )
        return fits
          ? []
          : [`secrets ${certificate.name} and ${privateKey.name}: the certificate does not match its key`]
      } catch {
        return [
          `secrets ${certificate.name} and ${privateKey.name}: must be a PEM certificate and a PEM private key`,
        ]
      }
    },
  }
}
