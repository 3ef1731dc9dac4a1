/** TLS at the producer's own port: `MANIFOLD_TLS_…`. The files are read by the producer, at its start and when they change. */
import { z } from 'zod'

export type TlsFiles = {
  /** PEM: the certificate, and those between it and the root. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
  /** PEM: who signs the certificates that clients must show; `undefined`: they need none. */
  readonly clientAuthority: string | undefined
}

export const tlsVariables = {
  MANIFOLD_TLS_CERT_FILE: z.string().min(1).optional(),
  MANIFOLD_TLS_KEY_FILE: z.string().min(1).optional(),
  MANIFOLD_TLS_CLIENT_CA_FILE: z.string().min(1).optional(),
} as const

/** `undefined` when none is set. */
export function readTlsFiles(env: z.output<z.ZodObject<typeof tlsVariables>>): {
  tls: TlsFiles | undefined
  errors: string[]
} {
  const certificate = env.MANIFOLD_TLS_CERT_FILE
  const key = env.MANIFOLD_TLS_KEY_FILE
  const clientAuthority = env.MANIFOLD_TLS_CLIENT_CA_FILE
  if (certificate !== undefined && key !== undefined)
    return { tls: { certificate, key, clientAuthority }, errors: [] }
  if (certificate === undefined && key === undefined && clientAuthority === undefined)
    return { tls: undefined, errors: [] }
  const missing = certificate === undefined ? 'MANIFOLD_TLS_CERT_FILE' : 'MANIFOLD_TLS_KEY_FILE'
  return { tls: undefined, errors: [`${missing}: set it, too: TLS takes a certificate and its key`] }
}
