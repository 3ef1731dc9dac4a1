/** Run by Node itself, as the parts are: vitest has a module system of its own. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifold-config-'))
  mkdirSync(join(folder, 'targets'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const write = (file: string, text: string) => {
  writeFileSync(join(folder, file), text)
}

/** A program that loads the config, lets `meanwhile` happen, and loads it again. @returns the URLs of its targets, or what went wrong */
function loadTwice(meanwhile: string): unknown {
  write(
    'program.ts',
    `import { writeFileSync } from 'node:fs'
    import { loadConfig } from ${JSON.stringify(new URL('load-config.ts', import.meta.url).href)}
    const load = () => loadConfig(${JSON.stringify(join(folder, 'manifold.config.ts'))})
      .then((config) => config.targets.map(({ url }) => url), (error) => error.message)
    const before = await load()
    const write = (file: string, text: string) => writeFileSync(${JSON.stringify(`${folder}/`)} + file, text)
    ${meanwhile}
    console.log(JSON.stringify([before, await load(), await load()]))`,
  )
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'program.ts')], { encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

const target = (name: string, host: string) =>
  `export const ${name} = { name: '${name}', subscribe: ['**'], url: 'https://${host}.example/' }\n`

test('a config is loaded anew with the files it imports, and with those that they import', () => {
  write('manifold.config.ts', `import { crm } from './targets/crm.ts'\nexport default { targets: [crm] }`)
  write(
    'targets/crm.ts',
    `import { host } from './host.ts'\n${target('crm', 'x').replace(`'https://x.example/'`, 'host')}`,
  )
  write('targets/host.ts', `export const host: string = 'https://old.example/'`)
  expect(loadTwice(`write('targets/host.ts', "export const host: string = 'https://new.example/'")`)).toEqual(
    [['https://old.example/'], ['https://new.example/'], ['https://new.example/']],
  )
})

test('a file that cannot be read is a mistake, and the next load sees it mended', () => {
  write('manifold.config.ts', `import { crm } from './targets/crm.ts'\nexport default { targets: [crm] }`)
  write('targets/crm.ts', target('crm', 'old'))
  const [before, broken, mended] = loadTwice(`
    write('targets/crm.ts', 'export const crm = {')
    const broken = await load()
    write('targets/crm.ts', ${JSON.stringify(target('crm', 'new'))})
    console.log(JSON.stringify([before, broken, await load()]))
    process.exit()`) as unknown[]
  expect(before).toEqual(['https://old.example/'])
  expect(broken).toMatch(/has 1 mistake:\n {2}\(file\): cannot be loaded: /)
  expect(mended).toEqual(['https://new.example/'])
})

test('a file both of whose importers are new is loaded once', () => {
  write(
    'manifold.config.ts',
    `import { a } from './targets/a.ts'\nimport { b } from './targets/b.ts'\nexport default { targets: [a, b] }`,
  )
  const counted = (name: string) =>
    `import { count } from './count.ts'\nexport const ${name} = { name: '${name}', subscribe: ['**'], url: 'https://x.example/' + String(count) }\n`
  write('targets/a.ts', counted('a'))
  write('targets/b.ts', counted('b'))
  write(
    'targets/count.ts',
    `globalThis.loads = (globalThis.loads ?? 0) + 1\nexport const count = globalThis.loads`,
  )
  const twice = (count: number) => [
    `https://x.example/${String(count)}`,
    `https://x.example/${String(count)}`,
  ]
  expect(loadTwice('')).toEqual([twice(1), twice(2), twice(3)])
})
