/** The compose file for production fits Manifold, and is locked down. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import config from '../../manifold.config.ts'
import { isSetting } from '../support/is-setting.ts'

type Service = {
  readonly command: string | readonly string[]
  readonly environment?: Record<string, string>
  readonly healthcheck: { readonly test: readonly string[] }
  readonly networks: readonly string[]
  readonly ports?: readonly string[]
  readonly secrets?: readonly string[]
  readonly stop_grace_period: string
}

const compose = parse(readFileSync(new URL('../../deploy/compose/compose.yaml', import.meta.url), 'utf8'), {
  merge: true,
}) as {
  services: Record<string, Service>
  secrets: Record<string, { file: string }>
  networks: Record<string, { internal?: boolean } | null>
}
const services = Object.entries(compose.services)
const parts = services.filter(([name]) => name !== 'redis')

/** What a part takes to close behind its drain. */
const CLOSE_MS = 2_500

test('there is a worker for each target, and for callbacks', () => {
  const targets = services.flatMap(([, { command }]) => (command[0] === 'worker' ? [command[2]] : []))
  expect(targets.sort()).toEqual([...config.targets.map(({ name }) => name), 'callbacks'].sort())
})

test.each(services)(
  '%s is not root, writes nothing but its volume, has no privilege, and limits',
  (_name, service) => {
    expect(service).toMatchObject({
      user: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/) as string,
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: expect.any(String) as string,
      cpus: expect.any(Number) as number,
      pids_limit: expect.any(Number) as number,
      restart: 'unless-stopped',
      logging: { options: { 'max-size': '50m' } },
    })
  },
)

describe.each(parts)('%s', (name, { command, environment, healthcheck, stop_grace_period, networks }) => {
  test('is set by settings only', () => {
    for (const variable of Object.keys(environment ?? {}))
      expect(isSetting(variable) || variable === 'SANDBOX_URL', variable).toBe(true)
  })

  test('is asked on its port whether it lives, with nothing but Node', () => {
    expect(environment?.['PORT']).toMatch(/^\d+$/)
    expect(healthcheck.test.slice(0, 3)).toEqual(['CMD', 'node', '-e'])
    expect(healthcheck.test[3]).toContain("'http://127.0.0.1:' + process.env.PORT + ")
    expect(healthcheck.test[3]).toContain(name === 'producer' ? '/readyz' : '/livez')
  })

  test('is given longer than its drain before it is killed', () => {
    const drainMs = Number(environment?.['MANIFOLD_DRAIN_MS'] ?? 8_000)
    expect(Number.parseInt(stop_grace_period, 10) * 1_000).toBeGreaterThan(drainMs + CLOSE_MS)
  })

  test('reaches Redis only if it needs it, and the targets only if it calls them', () => {
    const [part] = command
    expect(networks.includes('store')).toBe(part !== 'sandbox')
    expect(networks.includes('targets')).toBe(part !== 'producer')
  })
})

test('Redis is in a network of its own that leads nowhere, and is published nowhere', () => {
  const redis = compose.services['redis']
  expect(redis?.networks).toEqual(['store'])
  expect(redis?.ports).toBeUndefined()
  expect(compose.networks['store']).toEqual({ internal: true })
})

test('Redis keeps what it was given, wants a password, and says so when it is full', () => {
  expect(compose.services['redis']?.command).toContain(
    '--appendonly yes --appendfsync always --maxmemory 1gb --maxmemory-policy noeviction',
  )
  expect(compose.services['redis']?.command).toContain('--aclfile /run/secrets/redis_users')
})

test('every secret is a file, there for whoever reads it and for nobody else', () => {
  const used = new Set(services.flatMap(([, { secrets }]) => secrets ?? []))
  expect([...used].sort()).toEqual(Object.keys(compose.secrets).sort())
  for (const [name, { file }] of Object.entries(compose.secrets)) expect(file).toBe(`./secrets/${name}`)
  for (const [, { environment, secrets }] of services)
    for (const path of Object.values(environment ?? {}).filter((value) => value.startsWith('/run/secrets/')))
      expect(secrets).toContain(path.slice('/run/secrets/'.length))
})
