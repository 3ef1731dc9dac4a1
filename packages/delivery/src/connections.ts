/**
 * The connections of one client, to as many hosts as come along. Callers may bring any number of them, and each may ask to be
 * kept connected for long: when there are too many, all begin anew, and no host is refused for what others hold.
 */
import type { Agent } from 'undici'

export type Connections = {
  /** Where a request to this origin goes, now. */
  readonly to: (origin: string) => Agent
  readonly destroy: () => Promise<void>
}

/**
 * @param open makes an agent without connections
 * @param maxOrigins how many hosts one agent connects to before the next takes over
 */
export function createConnections(open: () => Agent, maxOrigins: number): Connections {
  let agent = open()
  const origins = new Set<string>()
  const retiring = new Set<Agent>()

  const retire = (old: Agent) => {
    retiring.add(old)
    // Ends what is idle at once, and the rest with its answer.
    const done = () => retiring.delete(old)
    old.close().then(done, done)
  }

  return {
    to: (origin) => {
      if (!origins.has(origin)) {
        if (origins.size >= maxOrigins) {
          retire(agent)
          agent = open()
          origins.clear()
        }
        origins.add(origin)
      }
      return agent
    },
    destroy: async () => {
      await Promise.all([agent, ...retiring].map((one) => one.destroy()))
    },
  }
}
