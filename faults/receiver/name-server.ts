/**
 * A name server (RFC 1035) that says of each name what a scenario wants: addresses, that there is no such name, that it cannot
 * say now, or nothing. Nothing may be kept: every answer has a time to live of 0.
 *
 * Owns its socket, on the port that the system's resolver asks at, which only root may open.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export type Said =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  /** NXDOMAIN. */
  | { readonly kind: 'no-such-name' }
  /** SERVFAIL: the resolver makes EAI_AGAIN of it. */
  | { readonly kind: 'failure' }
  | { readonly kind: 'silence' }

export type NameServer = {
  readonly address: string
  /** From now on. Names that nothing was said of do not exist. */
  readonly say: (name: string, said: Said) => void
  /** How often it was asked for the IPv4 address of a name. */
  readonly asked: (name: string) => number
  readonly close: () => void
}

const ADDRESS = '127.0.0.53'
const PORT = 53
const HEADER_BYTES = 12
const TYPE_A = 1
const [NO_ERROR, SERVER_FAILURE, NAME_ERROR] = [0, 2, 3]

export async function startNameServer(): Promise<NameServer> {
  const names = new Map<string, Said>()
  const asked = new Map<string, number>()
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const { name, type, bytes } = readQuestion(query)
    if (type === TYPE_A) asked.set(name, (asked.get(name) ?? 0) + 1)
    const said = names.get(name) ?? { kind: 'no-such-name' }
    const reply = (code: number, addresses: readonly string[] = []) => {
      socket.send(answer(query, bytes, code, type === TYPE_A ? addresses : []), from.port, from.address)
    }
    switch (said.kind) {
      case 'addresses':
        reply(NO_ERROR, said.addresses)
        return
      case 'no-such-name':
        reply(NAME_ERROR)
        return
      case 'failure':
        reply(SERVER_FAILURE)
        return
      case 'silence':
        return
      default:
        said satisfies never
    }
  })
  socket.bind(PORT, ADDRESS)
  await once(socket, 'listening')
  return {
    address: ADDRESS,
    say: (name, said) => names.set(name, said),
    asked: (name) => asked.get(name) ?? 0,
    close: () => {
      socket.close()
    },
  }
}

/** The one question of a query. */
function readQuestion(query: Buffer): { name: string; type: number; bytes: number } {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  // The root label, the type, and a class of two bytes.
  return {
    name: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(at + 1),
    bytes: at + 5 - HEADER_BYTES,
  }
}

function answer(query: Buffer, questionBytes: number, code: number, addresses: readonly string[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  query.copy(header, 0, 0, 2)
  // A response, recursion desired and available.
  header.writeUInt16BE(0x8180 | code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(addresses.length, 6)
  const question = query.subarray(HEADER_BYTES, HEADER_BYTES + questionBytes)
  const records = addresses.map((address) =>
    // The name is that of the question; A, IN, TTL 0, four bytes.
    Buffer.from([0xc0, HEADER_BYTES, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  )
  return Buffer.concat([header, question, ...records])
}
