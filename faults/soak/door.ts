/** The door of a soak: one target is behind TLS, with a certificate that can be a wrong one for a while. */
import { makeAuthority, makeSelfSigned } from '../../test/support/certificates.ts'
import { openTlsDoor, showing, type Shown } from '../receiver/tls-door.ts'

/** Who is behind it. */
export const BEHIND_THE_DOOR = 'gamma'

export type SoakDoor = {
  /** For parts: where the target is, and whom to trust. */
  readonly environment: Readonly<Record<string, string>>
  /** What it can show that is wrong. */
  readonly wrong: readonly { readonly what: string; readonly shown: Shown }[]
  readonly show: (what: string, shown: Shown) => void
  readonly showGood: () => void
  readonly close: () => void
}

const DAY_MS = 86_400_000
const HERE = { ips: ['127.0.0.1'] }

/** Opens it with a good certificate. @param insidePort where it leads to; asked when somebody is let in */
export async function openSoakDoor(insidePort: () => number): Promise<SoakDoor> {
  const authority = await makeAuthority('the targets’ CA')
  const yesterday = new Date(Date.now() - DAY_MS)
  const good = showing(await authority.issue('api', HERE))
  const wrong = [
    { what: 'expired', shown: showing(await authority.issue('api', { ...HERE, notAfter: yesterday })) },
    {
      what: 'for another host',
      shown: showing(await authority.issue('api', { names: ['api.example'] })),
    },
    { what: 'self-signed', shown: showing(await makeSelfSigned('api', HERE)) },
    { what: 'silent', shown: { kind: 'silence' } },
    { what: 'plain HTTP', shown: { kind: 'plain' } },
  ] as const
  const door = await openTlsDoor(insidePort)
  const showGood = () => {
    door.show('good', good)
  }
  showGood()
  const url = `https://127.0.0.1:${String(door.port)}/t/${BEHIND_THE_DOOR}`
  const targets = { [BEHIND_THE_DOOR]: { url, tls: { ca: authority.certificate } } }
  return {
    environment: { FAULTS_TARGETS: JSON.stringify(targets) },
    wrong,
    show: door.show,
    showGood,
    close: door.close,
  }
}
