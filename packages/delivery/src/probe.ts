/**
 * Probes where a target is: resolves, checks and connects exactly as a delivery would, TLS included, and sends nothing.
 */
import type { Target } from '@manifold/domain'
import { TLSSocket } from 'node:tls'
import { guardedConnector } from './guarded-connector.ts'
import { describeFailure } from './send.ts'

export type Probe =
  | {
      readonly kind: 'reached'
      /** That answered. */
      readonly address: string
      /** `undefined` without TLS. */
      readonly certificateExpiresAtMs: number | undefined
    }
  | { readonly kind: 'failed'; readonly reason: string; readonly error: string }
  | { readonly kind: 'blocked'; readonly error: string }

type Probed = Pick<Target, 'allowPrivateNetwork' | 'tls'> & Parameters<typeof guardedConnector>[0]

/** Never rejects. @param url absolute, http or https */
export function probe(target: Probed, url: string): Promise<Probe> {
  const { protocol, hostname, port, host } = new URL(url)
  const connect = guardedConnector(target)
  return new Promise((resolve) => {
    const usualPort = protocol === 'https:' ? '443' : '80'
    const options = { protocol, hostname, host, port: port === '' ? usualPort : port }
    connect(options, (error, socket) => {
      if (error !== null) {
        resolve(describeFailure(error, false))
        return
      }
      const expiry = socket instanceof TLSSocket ? socket.getPeerCertificate().valid_to : undefined
      resolve({
        kind: 'reached',
        address: socket.remoteAddress ?? '',
        certificateExpiresAtMs: expiry === undefined ? undefined : Date.parse(expiry),
      })
      socket.destroy()
    })
  })
}
