/** Certificates made in the test: a CA of its own, and what it signs. */
import './reflect-metadata.ts'
import * as x509 from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000

/** Both PEM. */
export type Issued = { readonly certificate: string; readonly privateKey: string }

export type Authority = {
  /** PEM. */
  readonly certificate: string
  /** Signs a certificate for a common name; as a server's it is for these addresses and names. */
  readonly issue: (commonName: string, more?: CertificateOptions) => Promise<Issued>
}

export type CertificateOptions = {
  readonly ips?: readonly string[]
  readonly names?: readonly string[]
  /** When it ends; default tomorrow. */
  readonly notAfter?: Date
}

let serial = 0

export async function makeAuthority(name: string): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: nextSerial(),
    name: `CN=${name}`,
    ...validity(),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  })
  return {
    certificate: root.toString('pem'),
    issue: async (commonName, more = {}) => {
      const own = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: nextSerial(),
        subject: `CN=${commonName}`,
        issuer: root.subject,
        ...validity(more.notAfter),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: alternativesOf(more),
      })
      return issued(certificate, own)
    },
  }
}

/** A certificate that vouches for itself. */
export async function makeSelfSigned(commonName: string, more: CertificateOptions = {}): Promise<Issued> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: nextSerial(),
    name: `CN=${commonName}`,
    ...validity(more.notAfter),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: alternativesOf(more),
  })
  return issued(certificate, keys)
}

function alternativesOf({ ips = [], names = [] }: CertificateOptions) {
  const alternatives = [
    ...ips.map((value) => ({ type: 'ip', value }) as const),
    ...names.map((value) => ({ type: 'dns', value }) as const),
  ]
  return alternatives.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(alternatives)]
}

async function issued(
  certificate: x509.X509Certificate,
  { privateKey }: { privateKey: CryptoKey },
): Promise<Issued> {
  const der = await crypto.subtle.exportKey('pkcs8', privateKey)
  return {
    certificate: certificate.toString('pem'),
    privateKey: x509.PemConverter.encode(der, 'PRIVATE KEY'),
  }
}

function nextSerial(): string {
  serial++
  return serial.toString(16).padStart(4, '0')
}

function validity(notAfter = new Date(Date.now() + DAY_MS)) {
  return { notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter }
}
