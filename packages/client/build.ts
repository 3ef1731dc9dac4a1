/**
 * Makes the package that other projects install: plain JavaScript with its types. `node packages/client/build.ts [folder]`
 *
 * Inside this repository nobody needs it: the TypeScript is used as it is. Node takes none from node_modules.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const here = import.meta.dirname
const folder = resolve(process.argv[2] ?? join(here, '../../.manifold/client'))

const tsc = join(here, '../../node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [tsc, '-p', join(here, 'tsconfig.build.json'), '--outDir', folder], {
  stdio: 'inherit',
})

const { name, version, license, type } = JSON.parse(
  readFileSync(join(here, 'package.json'), 'utf8'),
) as Record<string, unknown>
const described = {
  name,
  version,
  license,
  type,
  exports: { '.': { types: './index.d.ts', default: './index.js' } },
  sideEffects: false,
  engines: { node: '>=22' },
}
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(described, undefined, 2)}\n`)
copyFileSync(join(here, 'README.md'), join(folder, 'README.md'))
