/** The client's own words are the API's, and it needs nothing that a browser does not have. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type * as client from '@manifold/client'
import type * as domain from '@manifold/domain'
import { expect, expectTypeOf, onTestFinished, test } from 'vitest'
import type * as answers from '../../apps/producer/src/contract/answers/index.ts'
import type * as views from '../../apps/producer/src/http/views.ts'
import { acceptedEvent, scriptedManifold } from '../support/scripted-manifold.ts'

const source = fileURLToPath(new URL('../../packages/client/src/', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

test('every status, reason and outcome of the API is one the client knows, and no other', () => {
  expectTypeOf<client.EventStatus>().toEqualTypeOf<domain.EventStatus>()
  expectTypeOf<client.DeliveryStatus>().toEqualTypeOf<domain.DeliveryStatus>()
  expectTypeOf<client.DeadReason>().toEqualTypeOf<domain.DeadReason>()
  expectTypeOf<client.OutcomeKind>().toEqualTypeOf<domain.OutcomeKind>()
})

test('every field the client takes for an event is one the API takes, and no other', () => {
  type Sent = keyof client.EventToPublish<client.AnyEvents>
  expectTypeOf<Sent>().toEqualTypeOf<keyof domain.EventInput>()
})

test('what the producer shows has all that the client promises', () => {
  expectTypeOf<ReturnType<typeof views.eventView>>().toExtend<client.EventView>()
  expectTypeOf<ReturnType<typeof views.resultView>>().toExtend<client.EventResult>()
  expectTypeOf<ReturnType<typeof views.acceptedStillView>>().toExtend<client.AcceptedEvent>()
  expectTypeOf<keyof ReturnType<typeof views.acceptedView>>().toEqualTypeOf<keyof client.AcceptedEvent>()
  expectTypeOf<ReturnType<typeof views.attemptView>>().toExtend<client.Attempt>()
  expectTypeOf<ReturnType<typeof views.replayView>>().toExtend<client.ReplayProgress>()
  expectTypeOf<Omit<ReturnType<typeof views.deadLetterView>, 'reason'>>().toExtend<
    Omit<client.DeadLetter, 'reason'>
  >()
  expectTypeOf<answers.Target>().toExtend<client.TargetView>()
  expectTypeOf<keyof answers.TargetSettings>().toEqualTypeOf<keyof client.TargetView['settings']>()
})

test('the client imports only itself', () => {
  const imported = readdirSync(source)
    .filter((name) => !name.endsWith('.test.ts'))
    .flatMap((name) => [...readFileSync(source + name, 'utf8').matchAll(/from '([^']+)'/g)])
    .map((match) => match[1] ?? '')
  expect(imported.length).toBeGreaterThan(20)
  expect(imported.filter((from) => !from.startsWith('./'))).toEqual([])
})

test('built, it is a package that a project of its own installs: JavaScript with types', async () => {
  const project = mkdtempSync(join(tmpdir(), 'manifold-client-'))
  onTestFinished(() => {
    rmSync(project, { recursive: true, force: true })
  })
  const folder = join(project, 'node_modules/@manifold/client')
  mkdirSync(folder, { recursive: true })
  execFileSync(process.execPath, [join(root, 'packages/client/build.ts'), folder])

  const { url } = await scriptedManifold({ status: 202, body: acceptedEvent('evt_7') })
  const program = `
    import { createClient } from '@manifold/client'
    const client = createClient<{ 'order.placed': { orderId: string } }>({ url: '${url}' })
    // @ts-expect-error the type is misspelt
    export const wrong = () => client.publish({ type: 'order.plaecd', data: { orderId: 'o-1' } })
    const { id } = await client.publish({ type: 'order.placed', data: { orderId: 'o-1' } })
    console.info(id)`
  writeFileSync(join(project, 'main.ts'), program)
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    types: [],
    lib: ['es2024', 'dom'],
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }))

  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  expect(() =>
    execFileSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8', stdio: 'pipe' }),
  ).not.toThrow()
  const { stdout } = await promisify(execFile)(process.execPath, [join(project, 'main.ts')])
  expect(stdout).toBe('evt_7\n')
})
