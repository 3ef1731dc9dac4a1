/**
 * Reads a REDIS_URL: one server as Redis clients write it, or several with a scheme of Manifold's own:
 * `redis+sentinel://[user:password@]host[:26379],host/<master name>` and `redis+cluster://[user:password@]host[:6379],host`.
 *
 * What it says of a mistake never holds the password.
 */
import type { RedisAddress, RedisNode } from '@manifold/domain'

export type RedisAddressReading =
  | { readonly kind: 'address'; readonly address: RedisAddress }
  | { readonly kind: 'wrong'; readonly message: string }

const SINGLE = /^(rediss?:\/\/|\/)/
const SEVERAL =
  /^(?<scheme>rediss?)\+(?<shape>sentinel|cluster):\/\/(?:(?<login>.*)@)?(?<hosts>[^/@]*)(?:\/(?<path>.*))?$/

/** A name, an IPv4 address, or an IPv6 address in brackets; with or without a port. */
const NODE = /^(?<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?<port>\d{1,5}))?$/

const PORTS = { sentinel: 26_379, cluster: 6_379 }

const WANTED =
  'use redis://host:port, rediss://host:port, the path of a unix socket, ' +
  'redis+sentinel://host,host/master-name or redis+cluster://host,host'

/** @param sentinelPassword of the sentinels themselves, where they want one */
export function readRedisAddress(text: string, sentinelPassword?: string): RedisAddressReading {
  if (SINGLE.test(text)) return { kind: 'address', address: { kind: 'single', url: text } }
  const { scheme, shape, login, hosts = '', path = '' } = SEVERAL.exec(text)?.groups ?? {}
  if (shape !== 'sentinel' && shape !== 'cluster') return wrong(WANTED)

  const nodes: RedisNode[] = []
  for (const [index, part] of hosts.split(',').entries()) {
    const node = readNode(part.trim(), PORTS[shape])
    if (node === undefined) return wrong(`host ${String(index + 1)} is not a host, or host:port`)
    nodes.push(node)
  }
  const account = readLogin(login)
  if (account === undefined) return wrong('write user:password@ with % and two digits for special characters')
  const common = { ...account, tls: scheme === 'rediss' }

  if (shape === 'cluster') {
    if (path !== '' && path !== '0') return wrong('a cluster has neither a master name nor a database number')
    return { kind: 'address', address: { kind: 'cluster', nodes, ...common } }
  }
  if (!/^[A-Za-z0-9._-]+$/.test(path))
    return wrong('name the master behind the sentinels: redis+sentinel://host,host/master-name')
  return {
    kind: 'address',
    address: { kind: 'sentinel', sentinels: nodes, master: path, sentinelPassword, ...common },
  }
}

function wrong(message: string): RedisAddressReading {
  return { kind: 'wrong', message }
}

function readNode(text: string, usualPort: number): RedisNode | undefined {
  const { host, port = String(usualPort) } = NODE.exec(text)?.groups ?? {}
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

/** `undefined` when it cannot be decoded. */
function readLogin(
  text: string | undefined,
): { username: string | undefined; password: string | undefined } | undefined {
  if (text === undefined) return { username: undefined, password: undefined }
  const colon = text.indexOf(':')
  const [username, password] = colon < 0 ? ['', text] : [text.slice(0, colon), text.slice(colon + 1)]
  try {
    return {
      username: username === '' ? undefined : decodeURIComponent(username),
      password: password === '' ? undefined : decodeURIComponent(password),
    }
  } catch {
    return undefined
  }
}
