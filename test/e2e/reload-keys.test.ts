/** SIGHUP and the keys: a key that is taken out of its file opens nothing more, and what it had open ends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiKey } from '@manifold/config'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiAt } from '../support/api.ts'
import { openLines } from '../support/batch.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import type { PartProcess } from '../support/part.ts'
import { openSocket, refusedSocket } from '../support/web-socket.ts'

const SCOPES = ['publish', 'read'] as const
const made = {
  kept: createApiKey('kept', SCOPES),
  gone: createApiKey('gone', SCOPES),
  narrowed: createApiKey('narrowed', SCOPES),
  late: createApiKey('late', SCOPES),
}
type Name = keyof typeof made

let stage: FaultStage
let folder: string
let keysFile: string
let configFile: string
let producer: PartProcess
let url: string

beforeEach(async () => {
  stage = await setFaultStage()
  folder = mkdtempSync(join(tmpdir(), 'manifold-keys-'))
  keysFile = join(folder, 'keys')
  configFile = join(folder, 'manifold.config.ts')
  configure('alpha')
  write(made.kept.entry, made.gone.entry, made.narrowed.entry)
  producer = await stage.producer({ MANIFOLD_API_KEYS_FILE: keysFile, MANIFOLD_CONFIG: configFile })
  url = `http://127.0.0.1:${String(producer.port)}`
})

afterEach(async () => {
  await stage.close()
  rmSync(folder, { recursive: true, force: true })
})

const write = (...entries: string[]) => {
  writeFileSync(keysFile, `${entries.join('\n')}\n`)
}
const configure = (name: string) => {
  writeFileSync(configFile, `export default { targets: [{ name: '${name}', url: 'http://127.0.0.1:9/' }] }\n`)
}
const bearer = (name: Name) => ({ authorization: `Bearer ${made[name].key}` })
const event = { type: 'order.placed', data: 1 }
const post = async (name: Name) => (await apiAt(url, bearer(name)).post(event)).status

/** Sends SIGHUP, and waits until the producer has said each of these. */
async function reload(...says: string[]): Promise<void> {
  const count = (text: string) => producer.output().split(text).length - 1
  const before = says.map(count)
  producer.kill('SIGHUP')
  for (const [index, text] of says.entries()) await eventually(text, () => count(text) > (before[index] ?? 0))
}

test('a removed or changed key opens nothing more, and its streams and WebSockets end; other callers notice nothing', async () => {
  const follow = async (name: Name) => {
    const socket = await openSocket(url, [], { headers: bearer(name) })
    const stream = await fetch(`${url}/v1/stream`, { headers: bearer(name) })
    return { socket, stream }
  }
  const [kept, gone, narrowed] = [await follow('kept'), await follow('gone'), await follow('narrowed')]
  expect(await gone.socket.ask({ do: 'subscribe' })).toMatchObject({ message: 'subscribed' })
  const { body, send, end } = openLines()
  send(event)
  const batch = fetch(`${url}/v1/events/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...bearer('gone') },
    body,
    duplex: 'half',
  })
  const events = async () =>
    (await apiAt(url, bearer('kept')).call<{ items: unknown[] }>('GET', '/v1/events')).body.items.length
  await eventually('the first line', async () => (await events()) === 1)

  const [, , hash = ''] = made.narrowed.entry.split(':')
  write(made.kept.entry, `narrowed:read:${hash}:order.*`, made.late.entry)
  await reload('"config reloaded"')
  for (const { socket, stream } of [gone, narrowed]) {
    expect(await socket.closed).toBe(1008)
    await stream.text()
  }
  send(event)
  end()
  const lines = (await (await batch).text()).trim().split('\n')
  const statuses = lines.map((line) => (JSON.parse(line) as { status?: number }).status)
  expect(statuses).toEqual([202, 401, undefined])
  expect(lines[1]).toContain('the key was withdrawn')

  expect([await post('kept'), await post('gone'), await post('narrowed'), await post('late')]).toEqual([
    202, 401, 403, 202,
  ])
  expect((await refusedSocket(url, [], { headers: bearer('gone') })).status).toBe(401)
  expect(await kept.socket.ask({ do: 'publish', event })).toMatchObject({ message: 'published' })
  const reader = kept.stream.body?.getReader()
  expect(await reader?.read()).toMatchObject({ done: false })
  kept.socket.socket.terminate()

  const said = producer.output()
  expect(said).toContain('"added":["late"],"removed":["gone"],"changed":["narrowed"]')
  for (const { key, entry } of Object.values(made)) {
    expect(said).not.toContain(key)
    expect(said).not.toContain(entry.split(':')[2])
  }
})

test('keys and config are read each for itself: what is bad of one is told, stays as it was, and keeps nothing from the other', async () => {
  const BAD_KEYS = '"keys not reloaded: those of before stay in force"'
  const GOOD_CONFIG = '"config reloaded"'
  configure('beta')
  writeFileSync(keysFile, ' \n\n')
  await reload(BAD_KEYS, GOOD_CONFIG)
  expect(producer.output()).toContain('"added":["beta"]')
  expect(await post('gone')).toBe(202)
  write(made.kept.entry, 'nonsense')
  await reload(BAD_KEYS, GOOD_CONFIG)
  expect(await post('gone')).toBe(202)

  configure('No Name')
  write(made.kept.entry)
  await reload('"keys reloaded"', '"config not reloaded')
  expect([await post('kept'), await post('gone')]).toEqual([202, 401])
})
