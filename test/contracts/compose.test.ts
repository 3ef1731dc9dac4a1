/** The demo's compose file runs the same commands as the npm scripts, for targets that exist. */
import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import config from '../../manifold.config.ts'

type Service = {
  command?: string | string[]
  environment?: Record<string, string>
  healthcheck?: object
  secrets?: string[]
  volumes?: string[]
  image?: string
}

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>
  secrets: Record<string, { file: string }>
}
const services = Object.entries(compose.services)

test('there is a worker for each target of the demo, and every command is what an npm script runs', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const commands = services.flatMap(([, { command }]) => (Array.isArray(command) ? [command] : []))
  const targets = commands.flatMap(([part, , target]) => (part === 'worker' ? [target] : []))
  expect(targets.sort()).toEqual(config.targets.map((target) => target.name).sort())
  expect(commands).toHaveLength(services.length - 1)
  for (const [part] of commands)
    expect(Object.values(scripts)).toContain(`exec node apps/cli/src/main.ts ${String(part)}`)
  expect(read('Dockerfile')).toContain('ENTRYPOINT ["node", "apps/cli/src/main.ts"]')
})

test('every service has a health check, and all of ours share one image', () => {
  for (const [name, service] of services) expect(service.healthcheck, name).toBeDefined()
  const images = new Set(services.filter(([name]) => name !== 'redis').map(([, { image }]) => image))
  expect([...images]).toEqual(['manifold'])
})

test('Redis keeps what it was given: append-only, on a volume, nothing evicted', () => {
  const redis = compose.services['redis']
  expect(redis?.command).toContain('--appendonly yes --appendfsync always --maxmemory-policy noeviction')
  expect(redis?.volumes).toEqual(['redis-data:/data'])
})

test('secrets come from files, never from the compose file', () => {
  const producer = compose.services['producer']
  expect(producer?.secrets).toEqual(['manifold_api_keys'])
  expect(producer?.environment?.['MANIFOLD_API_KEYS_FILE']).toBe('/run/secrets/manifold_api_keys')
  expect(compose.secrets['manifold_api_keys']?.file).toBe('./secrets/manifold_api_keys')
})

test('the image has the Node that package.json pins', () => {
  const { optionalDependencies } = JSON.parse(read('package.json')) as {
    optionalDependencies: Record<string, string>
  }
  const version = /^ARG NODE_VERSION=(\S+)$/m.exec(read('Dockerfile'))?.[1]
  expect([...new Set(Object.values(optionalDependencies))]).toEqual([version])
})

test('the image copies the manifest of every workspace', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, object> }
  const workspaces = Object.keys(lock.packages).filter((name) => /^(apps|packages)\/[^/]+$/.test(name))
  expect(workspaces.length).toBeGreaterThan(8)
  for (const workspace of workspaces)
    expect(read('Dockerfile')).toContain(`COPY ${workspace}/package.json ${workspace}/`)
})

test('all that the image copies is there, and not kept from it', () => {
  const ignored = read('.dockerignore').split('\n')
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from]) =>
    (from ?? '').split(' '),
  )
  expect(copied.length).toBeGreaterThan(15)
  for (const path of copied) {
    expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true)
    expect(ignored).not.toContain(path)
  }
})
