/** The Kubernetes manifests fit Manifold: its targets, settings, ports and probes; and they are locked down. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { TRACING_SETTING_NAMES } from '@manifold/config'
import config from '../../manifold.config.ts'
import {
  podLabelsOf,
  podOf,
  readKustomization,
  readManifestFile,
  readManifests,
  type Container,
  type Manifest,
} from '../support/manifests.ts'
import { isSetting } from '../support/is-setting.ts'

const manifests = readManifests()
const readme = readFileSync(new URL('../../deploy/README.md', import.meta.url), 'utf8')
const targets = config.targets.map(({ name }) => name).sort()
const settings = manifests.find(({ kind }) => kind === 'ConfigMap')
const parts = readManifests('base').filter(({ kind }) => kind === 'Deployment')
const workloads = manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')

/** What a part takes to close behind its drain. */
const CLOSE_MS = 2_500

function partOf(name: string): Manifest {
  const part = parts.find(({ metadata }) => metadata.name === name)
  if (part === undefined) throw new Error(`there is no ${name}`)
  return part
}

const hasLabels = (wanted: object, labels: Readonly<Record<string, string>>) =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value)

function containerOf(manifest: Manifest): Container {
  const [container, ...others] = podOf(manifest).containers
  if (container === undefined || others.length > 0) throw new Error('a pod has one container')
  return container
}

test('there are a producer and a worker for each target, and no others', () => {
  expect(parts.map(({ metadata }) => metadata.name).sort()).toEqual([
    'producer',
    ...targets.map((target) => `worker-${target}`),
  ])
  for (const target of targets) {
    expect(containerOf(partOf(`worker-${target}`)).args).toEqual(['worker', '--target', target])
  }
})

describe.each(['base', 'components/keda'] as const)('the files of workers in %s', (layer) => {
  const original = readManifestFile(layer, 'worker-crm.yaml')
  /** What the command in its comment does: comments stay. */
  const copyFor = (target: string) =>
    original.replaceAll(/^[^#].*$/gm, (line) => line.replaceAll(/\bcrm\b/g, target))

  test('are that of crm with another name: they are copied, not edited', () => {
    for (const target of targets)
      expect(readManifestFile(layer, `worker-${target}.yaml`)).toBe(copyFor(target))
  })

  test('say how to copy it, as deploy/README.md does', () => {
    const command = String.raw`sed '/^#/!s/\bcrm\b/shop/g' worker-crm.yaml > worker-shop.yaml`
    expect(original).toContain(`#   ${command}\n`)
    expect(readme).toContain(`\`${command}\``)
  })
})

test('every variable that is set is a setting', () => {
  const own = parts.flatMap((part) => (containerOf(part).env ?? []).map(({ name }) => name))
  const names = [...own, ...Object.keys(settings?.data ?? {})]
  expect(names).toContain('MANIFOLD_DRAIN_MS')
  for (const name of names) expect(isSetting(name), name).toBe(true)
})

describe.each(parts.map((part) => [part.metadata.name, part] as const))('%s', (name, part) => {
  const container = containerOf(part)
  const pod = podOf(part)

  test('is asked on the port it listens on', () => {
    const port = container.env?.find((variable) => variable.name === 'PORT')?.value
    expect(container.ports).toHaveLength(1)
    expect(String(container.ports?.[0]?.containerPort)).toBe(port)
    const paths = (['startupProbe', 'livenessProbe', 'readinessProbe'] as const).map((probe) => {
      expect(container[probe]?.httpGet?.port).toBe(container.ports?.[0]?.name)
      return container[probe]?.httpGet?.path
    })
    expect(paths).toEqual(['/livez', '/livez', '/readyz'])
  })

  test('is given longer than its drain before it is killed', () => {
    const drainMs = Number(settings?.data?.['MANIFOLD_DRAIN_MS'])
    const stopMs = (container.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1_000
    expect((pod.terminationGracePeriodSeconds ?? 0) * 1_000).toBeGreaterThan(stopMs + drainMs + CLOSE_MS)
  })

  test('has a budget for disruptions', () => {
    const budget = manifests.find(
      ({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata.name === name,
    )
    const { matchLabels } = (part.spec as { selector: { matchLabels: object } }).selector
    expect(budget?.spec).toEqual({ maxUnavailable: 1, selector: { matchLabels } })
  })

  test('reads its address of Redis from a file that is mounted', () => {
    const mounts = container.volumeMounts?.map(({ mountPath }) => mountPath) ?? []
    const files = [
      ...Object.values(settings?.data ?? {}),
      ...(container.env ?? []).map(({ value }) => value ?? ''),
    ]
    const secrets = files.filter((value) => value.startsWith('/run/secrets/'))
    expect(secrets).not.toEqual([])
    for (const file of secrets.filter((one) => name === 'producer' || one.endsWith('redis-url')))
      expect(mounts).toContain(file.slice(0, file.lastIndexOf('/')))
  })
})

test.each(workloads.map((workload) => [workload.metadata.name, workload] as const))(
  '%s is not root, writes nothing, has no privilege, no token and a limit',
  (_name, workload) => {
    const pod = podOf(workload)
    const container = containerOf(workload)
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(container.resources?.limits?.['memory']).toBeDefined()
    expect(container.resources?.requests?.['cpu']).toBeDefined()
  },
)

test('every Secret that is mounted is made by the example, of files that deploy/README.md makes', () => {
  const made = readKustomization('overlays/example').secretGenerator ?? []
  const used = workloads.flatMap((workload) =>
    (podOf(workload).volumes ?? []).flatMap(({ secret }) =>
      secret === undefined ? [] : [secret.secretName],
    ),
  )
  expect([...new Set(used)].sort()).toEqual(made.map(({ name }) => name).sort())
  const optional = parts
    .flatMap((part) => containerOf(part).envFrom ?? [])
    .filter(({ secretRef }) => secretRef)
  for (const { secretRef } of optional) expect(secretRef?.optional).toBe(true)
  expect(optional.map(({ secretRef }) => secretRef?.name).sort()).toEqual(
    ['sources', ...targets.map((target) => `target-${target}`)].sort(),
  )
  expect(containerOf(partOf('producer')).envFrom).toContainEqual({
    secretRef: { name: 'sources', optional: true },
  })
})

test('both kinds of pods are scraped under the name that the alerts ask for', () => {
  const rules = readFileSync(new URL('../../deploy/prometheus/rules.yaml', import.meta.url), 'utf8')
  const [, job] = /up\{job="([a-z]+)"\}/.exec(rules) ?? []
  expect(job).toBeDefined()
  const monitors = readManifests('components/pod-monitor')
  for (const { spec } of monitors) {
    const { jobLabel, selector } = spec as { jobLabel: string; selector: { matchLabels: object } }
    const scraped = parts.map(podLabelsOf).filter((labels) => hasLabels(selector.matchLabels, labels))
    expect(scraped.length).toBeGreaterThan(0)
    for (const labels of scraped) expect(labels[jobLabel]).toBe(job)
  }
  expect(monitors).toHaveLength(2)
})

test('what sends traces sets the address of a collector, at the port that its policy opens', () => {
  const [patch] = readKustomization('components/tracing').patches ?? []
  const [, variable = '', address = ''] =
    /path: \/data\/(\S+)\n\s*value: (\S+)/.exec(patch?.patch ?? '') ?? []
  expect(TRACING_SETTING_NAMES).toContain(variable)
  const [policy] = readManifests('components/tracing')
  expect(JSON.stringify(policy?.spec)).toContain(`"port":${new URL(address).port}`)
})

test('everything is in the namespace that the base makes', () => {
  for (const { kind, metadata } of manifests)
    expect(kind === 'Namespace' ? metadata.name : metadata.namespace).toBe('manifold')
})

test('the network denies what is not named, in both directions', () => {
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
  expect(policies.find(({ metadata }) => metadata.name === 'default-deny')?.spec).toEqual({
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
  })
  const open = policies.flatMap(({ spec }) => [
    ...((spec?.['ingress'] ?? []) as object[]),
    ...((spec?.['egress'] ?? []) as object[]),
  ])
  expect(open.length).toBeGreaterThan(5)
  for (const rule of open)
    expect(rule).toSatisfy((one: object) => 'ports' in one && ('from' in one || 'to' in one))
})
