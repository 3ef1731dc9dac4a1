/** A gate for a scripted API: requests to it are answered when the test says so. */
import type { ServerResponse } from 'node:http'
import type { Reply, Script } from './scripted-api.ts'

export type Gate = {
  readonly script: Script
  /** How many wait. */
  readonly waiting: () => number
  /** Answers all that wait, and those that come later. */
  readonly open: (reply?: Reply) => void
}

export function createGate(): Gate {
  const held: ServerResponse[] = []
  let opened: Reply | undefined
  return {
    waiting: () => held.length,
    script: () =>
      opened ??
      ((response) => {
        held.push(response)
      }),
    open: (reply = { status: 200 }) => {
      opened = reply
      for (const response of held.splice(0)) response.writeHead(reply.status, reply.headers).end(reply.body)
    },
  }
}
