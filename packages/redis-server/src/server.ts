/**
 * A private Redis server: a child process on a free loopback port, with its data in a folder of ours.
 *
 * Owns the process. It ends when it is stopped, and also when the process that started it is gone, however that ended:
 * a small shell between the two holds the server only as long as its standard input is open.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join, resolve } from 'node:path'

export type RedisServerOptions = {
  readonly program: string
  /** Made if it does not exist. One server at a time can use it. */
  readonly folder: string
  /** More `redis.conf` settings, such as `['maxmemory', '64mb']`. */
  readonly settings?: readonly (readonly string[])[]
  /** A port to take again after a restart. Default: a free one. */
  readonly port?: number
}

export type RedisServer = {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Ends it as an operator would: everything is on disk. */
  readonly stop: () => Promise<void>
  /** Ends it as a crash would. */
  readonly kill: () => Promise<void>
}

/** Nothing accepted is lost when the server dies: each write is on disk before it is answered. */
const DURABLE = [
  ['appendonly', 'yes'],
  ['appendfsync', 'always'],
  ['maxmemory-policy', 'noeviction'],
  ['save', ''],
]

/** A replica need not wait for others that might want a copy as well. */
export const QUICK_REPLICATION = ['repl-diskless-sync-delay', '0']

/**
 * Runs the server (`$@` is its command line), tells it to end when standard input closes, and ends when it has ended.
 * The input is passed on as descriptor 3: a shell gives what it starts in the background an empty one.
 */
const LIFELINE = [
  'exec 3<&0',
  '"$@" </dev/null 3<&- & server=$!',
  '{ cat <&3 >/dev/null; kill -TERM "$server" 2>/dev/null; } & keeper=$!',
  'wait "$server"; code=$?',
  'kill "$keeper" 2>/dev/null',
  'exit "$code"',
].join('\n')

const START_MS = 15_000

/** Starts a server and waits until it answers. @throws when it does not, with what it said. */
export function startRedisServer(options: RedisServerOptions): Promise<RedisServer> {
  return startServerProcess({ ...options, settings: [...DURABLE, ...(options.settings ?? [])] })
}

/** Starts the program as it is told to, data server or sentinel. @param options.file a configuration file that it may rewrite */
export async function startServerProcess(
  options: RedisServerOptions & { readonly file?: string },
): Promise<RedisServer> {
  const folder = resolve(options.folder)
  mkdirSync(folder, { recursive: true })
  await waitForFormerServer(folder)
  const port = options.port ?? (await freePort())
  const { program, file, settings = [] } = options
  const args = [
    ...(file === undefined ? [] : [file]),
    ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--pidfile', pidFile(folder)],
    ...['--daemonize', 'no', '--loglevel', 'warning'],
    ...settings.flatMap(([name = '', ...values]) => [`--${name}`, ...values]),
  ]
  // Its own process group: a Ctrl-C in the terminal must not end it before those who write to it.
  const child = spawn('/bin/sh', ['-c', LIFELINE, 'redis', program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  const note = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-2_000)
  }
  child.stdout.on('data', note)
  child.stderr.on('data', note)

  const ended = once(child, 'exit').then(() => {
    // What still listens on the other end is told that nothing more will come.
    child.stdin.destroy()
  })
  try {
    await untilAnswering(port, child, () => output)
    if (output.includes(CUT_SHORTER)) await rewriteFile(port)
  } catch (error) {
    child.stdin.destroy()
    throw error
  }
  const pid = Number(readFileSync(pidFile(folder), 'utf8'))

  return {
    url: `redis://127.0.0.1:${String(port)}`,
    port,
    pid,
    stop: async () => {
      child.stdin.end()
      await ended
    },
    kill: async () => {
      signal(pid, 'SIGKILL')
      child.stdin.end()
      await ended
    },
  }
}

/** What Redis says when it has dropped the end of its append-only file, as a write in it was cut. */
const CUT_SHORTER = 'loaded anyway because aof-load-truncated is enabled'

const REWRITE_MS = 30_000

/**
 * Has Redis write its append-only file anew, and waits for it. Of a transaction that was cut, Redis 7.0 drops the last command
 * only: what is left of it in the file swallows what comes behind, and takes effect with it at the next start.
 */
async function rewriteFile(port: number): Promise<void> {
  await ask(port, 'BGREWRITEAOF')
  const deadline = Date.now() + REWRITE_MS
  while (
    !/aof_rewrite_in_progress:0\r[^]*aof_rewrite_scheduled:0\r/.test(await ask(port, 'INFO persistence'))
  ) {
    if (Date.now() > deadline)
      throw new Error(`the Redis server on port ${String(port)} does not end its rewrite`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

function pidFile(folder: string): string {
  return join(folder, 'redis.pid')
}

/** A server whose owner was just killed needs a moment to end; two on one folder would spoil its data. */
async function waitForFormerServer(folder: string): Promise<void> {
  if (!existsSync(pidFile(folder))) return
  const pid = Number(readFileSync(pidFile(folder), 'utf8'))
  const deadline = Date.now() + 5_000
  while (isRedis(pid)) {
    if (Date.now() > deadline) {
      throw new Error(
        `another Redis server (process ${String(pid)}) uses ${folder}: is Manifold running already?`,
      )
    }
    await new Promise((done) => setTimeout(done, 50))
  }
}

/** A process id alone may be somebody else's by now; where /proc tells, ask it. */
function isRedis(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 1 || !signal(pid, 0)) return false
  try {
    return /redis|valkey/.test(readFileSync(`/proc/${String(pid)}/comm`, 'utf8'))
  } catch {
    return !existsSync('/proc/self')
  }
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch {
    return false
  }
}

/** A TCP port nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function untilAnswering(port: number, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + START_MS
  while (!(await answersPing(port))) {
    if (child.exitCode !== null) throw new Error(`the Redis server ended at once:\n${output()}`)
    if (Date.now() > deadline)
      throw new Error(`the Redis server does not answer on port ${String(port)}:\n${output()}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

/** That data is loaded: `LOADING` is not an answer. */
async function answersPing(port: number): Promise<boolean> {
  return (await ask(port, 'PING')).startsWith('+PONG')
}

/** Speaks just enough of the protocol for one short command. @returns the beginning of the answer; nothing without one */
function ask(port: number, command: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`))
    socket.setTimeout(1_000)
    const finish = (answer: string) => {
      socket.destroy()
      done(answer)
    }
    socket.once('data', (data) => {
      finish(data.toString())
    })
    socket.once('error', () => {
      finish('')
    })
    socket.once('timeout', () => {
      finish('')
    })
  })
}
