/**
 * The producer's certificate and its key: read at the start, and again when the files change.
 *
 * A pair that does not fit stops the start; later it changes nothing, because the two files seldom change at the same
 * moment. Connections that are open keep theirs.
 */
import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureVersion, type TlsOptions } from 'node:tls'
import { SettingsError, type TlsFiles } from '@manifold/config'
import { repeat, type Logger } from '@manifold/runtime'

/** What of a server of TLS is needed here. */
type SecureServer = { readonly setSecureContext: (options: Context) => void }

type Context = {
  readonly cert: Buffer
  readonly key: Buffer
  readonly ca?: Buffer
  readonly minVersion: SecureVersion
}

export type Certificates = {
  /** For the server that is made. */
  readonly options: TlsOptions
  /** From now on new certificates are given to this server. */
  readonly serve: <Server extends SecureServer>(server: Server) => Server
  readonly reload: () => Promise<void>
  readonly stop: () => Promise<void>
}

const LOOK_MS = 5_000

/** Node's own two minutes are a long time for somebody who says nothing. */
const HANDSHAKE_MS = 10_000

/** @throws {SettingsError} when a file cannot be read, or the key is not the certificate's */
export async function openCertificates(
  files: TlsFiles,
  logger: Logger,
  lookMs = LOOK_MS,
): Promise<Certificates> {
  let seen = await stateOf(files)
  const context = await readContext(files).catch((error: unknown) => {
    throw new SettingsError([`MANIFOLD_TLS_…: ${messageOf(error)}`])
  })
  let server: SecureServer | undefined
  tell(context)

  function tell({ cert }: Context) {
    const { subject, validTo } = new X509Certificate(cert)
    logger.info({ subject, validTo }, 'serving TLS')
  }
  const reload = async () => {
    try {
      const next = await readContext(files)
      server?.setSecureContext(next)
      tell(next)
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'the new certificate is no good: the old one stays')
    }
  }
  const look = async () => {
    const state = await stateOf(files)
    if (state === seen) return
    seen = state
    await reload()
  }
  const looking = repeat(lookMs, look, (error) => {
    logger.error({ err: error }, 'the certificate files cannot be looked at')
  })

  return {
    options: {
      ...context,
      handshakeTimeout: HANDSHAKE_MS,
      // A client that must show a certificate and does not is not spoken to.
      requestCert: files.clientAuthority !== undefined,
      rejectUnauthorized: files.clientAuthority !== undefined,
    },
    serve: (one) => {
      server = one
      return one
    },
    reload,
    stop: looking.stop,
  }
}

/** @throws when they cannot be read, or do not fit */
async function readContext({ certificate, key, clientAuthority }: TlsFiles): Promise<Context> {
  const [cert, privateKey, ca] = await Promise.all([
    readFile(certificate),
    readFile(key),
    clientAuthority === undefined ? undefined : readFile(clientAuthority),
  ])
  const context: Context = {
    cert,
    key: privateKey,
    ...(ca === undefined ? {} : { ca }),
    minVersion: 'TLSv1.2',
  }
  // Node itself passes over an authority that is none.
  if (ca !== undefined) new X509Certificate(ca)
  createSecureContext(context)
  return context
}

/** Another text when one of the files is another: also where the path is a link that now leads elsewhere. */
async function stateOf({ certificate, key, clientAuthority }: TlsFiles): Promise<string> {
  const paths = [certificate, key, ...(clientAuthority === undefined ? [] : [clientAuthority])]
  const states = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ ino, mtimeMs, size }) => [ino, mtimeMs, size].join(' '),
        () => 'away',
      ),
    ),
  )
  return states.join(', ')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
