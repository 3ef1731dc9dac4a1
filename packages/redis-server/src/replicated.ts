/**
 * One master with replicas, and sentinels that replace it when it is gone. For tests: impatient ones, all on loopback.
 *
 * Owns the processes and who of them is what at the start; later the sentinels decide.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  freePort,
  QUICK_REPLICATION,
  startRedisServer,
  startServerProcess,
  type RedisServer,
} from './server.ts'
import { speak } from './speak.ts'
import { waitUntil } from './wait-until.ts'

export type ReplicatedOptions = {
  readonly program: string
  readonly folder: string
  /** Default 2. */
  readonly replicas?: number
  /** More `redis.conf` settings, of every data server. */
  readonly settings?: readonly (readonly string[])[]
}

export type ReplicatedRedis = {
  /** As REDIS_URL takes it. */
  readonly url: string
  readonly sentinelPorts: readonly number[]
  /** What the sentinels call the master. */
  readonly masterName: string
  /** The port of the master that the sentinels name. */
  readonly masterPort: () => Promise<number>
  /** As a crash would. @returns the port it had */
  readonly killMaster: () => Promise<number>
  /** One of those that follow the master. @returns the port it had */
  readonly killReplica: () => Promise<number>
  /** A data server that was killed comes back with what its file holds, as what it was when it was killed. */
  readonly restart: (port: number) => Promise<void>
  /** Resolves when the sentinels name another master than this, and it takes writes. @returns its port */
  readonly failedOver: (from: number) => Promise<number>
  /** Asks the sentinels for another master, as an operator would; the old one lives. */
  readonly failOver: () => Promise<void>
  /** Resolves when so many replicas follow the master. */
  readonly followed: (replicas: number) => Promise<void>
  readonly close: () => Promise<void>
}

const MASTER_NAME = 'main'
const SENTINELS = 3
const QUORUM = 2

export async function startReplicatedRedis(options: ReplicatedOptions): Promise<ReplicatedRedis> {
  const { program, folder, replicas = 2, settings = [] } = options
  const servers = new Map<number, RedisServer>()
  const sentinels: RedisServer[] = []
  const followers = new Set<number>()
  const start = async (port: number, more: readonly (readonly string[])[]) => {
    const own = { program, folder: join(folder, `redis-${String(port)}`), port }
    servers.set(port, await startRedisServer({ ...own, settings: [QUICK_REPLICATION, ...settings, ...more] }))
  }
  const close = async () => {
    await Promise.all([...sentinels, ...servers.values()].map((server) => server.kill()))
  }
  const sentinelPort = () => sentinels[0]?.port ?? 0
  const masterPort = async () => {
    const address = await speak(sentinelPort(), 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER_NAME)
    return Number(Array.isArray(address) ? address[1] : 0)
  }
  const kill = async (port: number) => {
    const info = String(await speak(port, 'INFO', 'replication'))
    if (info.includes('role:slave')) followers.add(port)
    await servers.get(port)?.kill()
    servers.delete(port)
  }
  const followed = async (count: number) => {
    await waitUntil(`${String(count)} replicas`, async () => {
      const info = String(await speak(await masterPort(), 'INFO', 'replication'))
      return [...info.matchAll(/state=online/g)].length >= count
    })
  }
  try {
    const first = await freePort()
    await start(first, [])
    const replicaPorts = await Promise.all(
      Array.from({ length: replicas }, async () => {
        const port = await freePort()
        await start(port, followingOf(first))
        return port
      }),
    )
    sentinels.push(...(await startSentinels(program, folder, first, replicaPorts)))
    await followed(replicas)
  } catch (error) {
    await close()
    throw error
  }
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${String(port)}`).join(',')}/${MASTER_NAME}`,
    sentinelPorts: sentinels.map(({ port }) => port),
    masterName: MASTER_NAME,
    masterPort,
    killMaster: async () => {
      const port = await masterPort()
      await kill(port)
      return port
    },
    killReplica: async () => {
      const master = await masterPort()
      const port = [...servers.keys()].find((one) => one !== master) ?? 0
      await kill(port)
      return port
    },
    // As their configuration files would say: who was the master comes back as one, and the sentinels make it a replica.
    restart: async (port) => start(port, followers.delete(port) ? followingOf(await masterPort()) : []),
    failedOver: async (from) => {
      let port = from
      await waitUntil('another master', async () => {
        port = await masterPort()
        if (port === from) return false
        return String(await speak(port, 'INFO', 'replication')).includes('role:master')
      })
      return port
    },
    failOver: async () => {
      // They refuse while they have not heard of a replica for a moment.
      await waitUntil('a failover by hand', async () => {
        await speak(sentinelPort(), 'SENTINEL', 'FAILOVER', MASTER_NAME)
        return true
      })
    },
    followed,
    close,
  }
}

function followingOf(port: number): string[][] {
  return [['replicaof', '127.0.0.1', String(port)]]
}

/** They know of each other and of the replicas from their files: finding out takes them seconds. */
async function startSentinels(
  program: string,
  folder: string,
  masterPort: number,
  replicaPorts: readonly number[],
): Promise<RedisServer[]> {
  const all: { readonly id: string; readonly port: number }[] = []
  for (let count = 0; count < SENTINELS; count++)
    all.push({ id: randomBytes(20).toString('hex'), port: await freePort() })
  return Promise.all(
    all.map(({ id, port }) => {
      const own = join(folder, `sentinel-${String(port)}`)
      mkdirSync(own, { recursive: true })
      const file = join(own, 'sentinel.conf')
      const lines = [
        `sentinel myid ${id}`,
        `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${String(masterPort)} ${String(QUORUM)}`,
        `sentinel down-after-milliseconds ${MASTER_NAME} 700`,
        `sentinel failover-timeout ${MASTER_NAME} 3000`,
        ...replicaPorts.map((one) => `sentinel known-replica ${MASTER_NAME} 127.0.0.1 ${String(one)}`),
        ...all
          .filter((other) => other.id !== id)
          .map(
            (other) => `sentinel known-sentinel ${MASTER_NAME} 127.0.0.1 ${String(other.port)} ${other.id}`,
          ),
      ]
      writeFileSync(file, `${lines.join('\n')}\n`)
      return startServerProcess({ program, folder: own, port, file, settings: [['sentinel']] })
    }),
  )
}
