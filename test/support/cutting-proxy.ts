/** A network that cuts connections: passes on so many bytes of each one's answer, anywhere in a word, and then no more. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export type CuttingProxy = {
  readonly url: string
  /** Connections so far. */
  readonly connections: () => number
  readonly close: () => void
}

/** @param bytesOf how many bytes of the n-th connection's answer are passed on; `Infinity` lets it be */
export async function startCuttingProxy(
  target: string,
  bytesOf: (connection: number) => number,
): Promise<CuttingProxy> {
  const { port, hostname } = new URL(target)
  const open = new Set<Socket>()
  let connections = 0
  const server = createServer((client) => {
    let left = bytesOf(connections++)
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (piece: Buffer) => {
      const isCut = piece.length >= left
      client.write(isCut ? piece.subarray(0, left) : piece, () => {
        if (isCut) client.destroySoon()
      })
      left -= piece.length
      if (isCut) upstream.removeAllListeners('data').pause()
    })
    upstream.once('end', () => client.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    connections: () => connections,
    close: () => {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}
