/** Listening, with an error that says what to do when the port is taken. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Resolves with the port when the server listens. @throws when it cannot, naming the port and the setting */
export async function listenOn(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const taken = 'code' in error && error.code === 'EADDRINUSE'
      reject(
        taken
          ? new Error(`port ${String(port)} on ${host} is in use: set PORT to another, or 0 for any`)
          : error,
      )
    })
    server.listen(port, host, resolve)
  })
  return (server.address() as AddressInfo).port
}
