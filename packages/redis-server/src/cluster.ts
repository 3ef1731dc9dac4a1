/**
 * A Redis Cluster on loopback: masters that share the slots, each with replicas if so asked. For tests: impatient.
 *
 * Owns the processes and the first order among them; later the cluster decides itself.
 */
import { join } from 'node:path'
import { freePort, QUICK_REPLICATION, startRedisServer, type RedisServer } from './server.ts'
import { speak } from './speak.ts'
import { waitUntil } from './wait-until.ts'

export type ClusterOptions = {
  readonly program: string
  readonly folder: string
  /** Default 3. */
  readonly masters?: number
  /** Of each master; default 0. */
  readonly replicas?: number
}

export type RedisCluster = {
  /** As REDIS_URL takes it. */
  readonly url: string
  /** Of all nodes, dead or alive. */
  readonly ports: readonly number[]
  /** The port of the master that has the slot of a key. */
  readonly masterOf: (key: string) => Promise<number>
  /** The ports of all masters, dead ones left out. */
  readonly masters: () => Promise<readonly number[]>
  /** As a crash would. */
  readonly kill: (port: number) => Promise<void>
  /** One that was killed comes back with what its files hold. */
  readonly restart: (port: number) => Promise<void>
  /** Resolves when another master than this has the slot of a key, and every node knows. @returns its port */
  readonly failedOver: (key: string, from: number) => Promise<number>
  /** Moves the slot of a key to another master, key by key, as `redis-cli --cluster reshard` does. @returns how many keys */
  readonly moveSlot: (key: string, to: number) => Promise<number>
  readonly close: () => Promise<void>
}

const SLOTS = 16_384
/** The bus between nodes is that much above. */
const BUS = 10_000
const MOVED_AT_ONCE = 20

export async function startRedisCluster(options: ClusterOptions): Promise<RedisCluster> {
  const { program, folder, masters = 3, replicas = 0 } = options
  const servers = new Map<number, RedisServer>()
  const start = async (port: number) => {
    const settings = [
      ['cluster-enabled', 'yes'],
      ['cluster-config-file', 'nodes.conf'],
      ['cluster-node-timeout', '1000'],
      QUICK_REPLICATION,
    ]
    const own = { program, folder: join(folder, `node-${String(port)}`), port, settings }
    servers.set(port, await startRedisServer(own))
  }
  const close = async () => {
    await Promise.all([...servers.values()].map((server) => server.kill()))
  }
  const ports: number[] = []
  try {
    while (ports.length < masters * (1 + replicas)) {
      const port = await freePort()
      if (port + BUS <= 65_535 && !ports.some((other) => Math.abs(other - port) === BUS)) ports.push(port)
    }
    await Promise.all(ports.map(start))
    await introduce(ports, masters)
  } catch (error) {
    await close()
    throw error
  }

  const alive = new Set(ports)
  const anyPort = () => [...alive][0] ?? 0
  const masterOf = async (key: string, askedPort = anyPort()): Promise<number> => {
    const slot = Number(await speak(askedPort, 'CLUSTER', 'KEYSLOT', key))
    return (await readNodes(askedPort)).find((node) => hasSlot(node, slot))?.port ?? 0
  }
  return {
    url: `redis+cluster://${ports.map((port) => `127.0.0.1:${String(port)}`).join(',')}`,
    ports,
    masterOf: (key) => masterOf(key),
    masters: async () =>
      (await readNodes(anyPort()))
        .filter(({ flags }) => flags.includes('master') && !flags.includes('fail'))
        .map(({ port }) => port),
    kill: async (port) => {
      alive.delete(port)
      await servers.get(port)?.kill()
    },
    restart: async (port) => {
      await start(port)
      alive.add(port)
    },
    failedOver: async (key, from) => {
      let port = from
      await waitUntil('another master of the slot', async () => {
        const seen = new Set(await Promise.all([...alive].map((one) => masterOf(key, one))))
        const states = await Promise.all([...alive].map((one) => speak(one, 'CLUSTER', 'INFO')))
        if (seen.size > 1 || !states.every((state) => String(state).includes('cluster_state:ok')))
          return false
        port = [...seen][0] ?? from
        return port !== from
      })
      return port
    },
    moveSlot: async (key, to) => {
      const from = await masterOf(key)
      const slot = Number(await speak(from, 'CLUSTER', 'KEYSLOT', key))
      const [fromId, toId] = await Promise.all([speak(from, 'CLUSTER', 'MYID'), speak(to, 'CLUSTER', 'MYID')])
      await speak(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(fromId))
      await speak(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(toId))
      let moved = 0
      for (;;) {
        const keys = await speak(from, 'CLUSTER', 'GETKEYSINSLOT', slot, MOVED_AT_ONCE)
        if (!Array.isArray(keys) || keys.length === 0) break
        await speak(from, 'MIGRATE', '127.0.0.1', to, '', 0, 5_000, 'KEYS', ...keys.map(String))
        moved += keys.length
      }
      // The new one first: were it the last to know, both would send callers to each other.
      for (const port of [to, from, ...[...alive].filter((one) => one !== to && one !== from)])
        await speak(port, 'CLUSTER', 'SETSLOT', slot, 'NODE', String(toId)).catch(ifReplica)
      return moved
    },
    close,
  }
}

/** Replicas learn of it from their masters. */
function ifReplica(error: unknown): void {
  if (!(error instanceof Error) || !/master/i.test(error.message)) throw error
}

/** The first `masters` share the slots; the others follow them in turn. */
async function introduce(ports: readonly number[], masters: number): Promise<void> {
  const first = ports[0] ?? 0
  for (const [index, port] of ports.entries()) {
    await speak(port, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    if (index < masters) {
      const [from, until] = [index, index + 1].map((share) => Math.floor((SLOTS * share) / masters))
      await speak(port, 'CLUSTER', 'ADDSLOTSRANGE', from ?? 0, (until ?? SLOTS) - 1)
    }
    if (port !== first) await speak(port, 'CLUSTER', 'MEET', '127.0.0.1', first)
  }
  await waitUntil('the nodes to know each other', async () => {
    const known = await Promise.all(ports.map(readNodes))
    return known.every(
      (nodes) => nodes.length === ports.length && nodes.every(({ flags }) => !flags.includes('handshake')),
    )
  })
  const ids = await Promise.all(ports.map((port) => speak(port, 'CLUSTER', 'MYID')))
  for (const [index, port] of ports.entries()) {
    if (index >= masters) await speak(port, 'CLUSTER', 'REPLICATE', String(ids[index % masters]))
  }
  await waitUntil('the cluster to work', async () => {
    const states = await Promise.all(
      ports.map(async (port, index) => {
        const working = String(await speak(port, 'CLUSTER', 'INFO')).includes('cluster_state:ok')
        if (index < masters) return working
        return working && String(await speak(port, 'INFO', 'replication')).includes('master_link_status:up')
      }),
    )
    return states.every(Boolean)
  })
}

type Node = {
  readonly port: number
  readonly flags: readonly string[]
  readonly ranges: readonly (readonly [first: number, last: number])[]
}

/** The nodes as one of them sees them. */
async function readNodes(port: number): Promise<Node[]> {
  const lines = String(await speak(port, 'CLUSTER', 'NODES')).split('\n')
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [, address = '', flags = '', , , , , , ...slots] = line.split(' ')
      return {
        port: Number(/:(\d+)/.exec(address)?.[1]),
        flags: flags.split(','),
        ranges: slots
          .filter((slot) => /^\d/.test(slot))
          .map((slot) => {
            const [first, last = first] = slot.split('-')
            return [Number(first), Number(last)] as const
          }),
      }
    })
}

function hasSlot({ flags, ranges }: Node, slot: number): boolean {
  return flags.includes('master') && ranges.some(([first, last]) => first <= slot && slot <= last)
}
