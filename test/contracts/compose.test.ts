/** The demo's compose file runs the same commands as the npm scripts, for targets that exist. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
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
  const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] }
  const folders = workspaces.flatMap((pattern) =>
    globSync(`${pattern}/package.json`, { cwd: fileURLToPath(new URL('../..', import.meta.url)) }),
  )
  expect(folders).toEqual(expect.arrayContaining(['apps/cli/package.json', 'faults/package.json']))
  const copied = [...read('Dockerfile').matchAll(/^COPY (\S+)\/package\.json \1\/$/gm)].map(
    ([, folder]) => `${folder ?? ''}/package.json`,
  )
  expect(copied.sort()).toEqual(folders.sort())
})

test('all that the image copies is there, and not kept from it', () => {
  const ignored = read('.dockerignore').split('\n')
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from]) =>
    (from ?? '').split(' '),
  )
  expect(copied.length).toBeGreaterThan(15)
  for (const path of copied) {
    expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true)
    const [folder = ''] = path.split('/')
    expect(ignored).not.toContain(path)
    expect(ignored).not.toContain(folder)
    if (ignored.includes(`${folder}/*`)) expect(ignored).toContain(`!${path}`)
  }
})
