/**
 * Which way imports may point: domain ← config, store, delivery ← queue, tracing ← apps, bench, faults; runtime and client import no
 * sibling.
 */

import type { IConfiguration } from 'dependency-cruiser'

const severity = 'error' as const

/** A package may import only these siblings. */
const MAY_IMPORT = {
  domain: [],
  runtime: [],
  client: [],
  'redis-server': [],
  config: ['domain'],
  store: ['domain'],
  delivery: ['domain'],
  queue: ['domain', 'store', 'delivery', 'runtime'],
  tracing: ['domain', 'config', 'runtime'],
}

/** Tests may use what they test with. */
const TEST = '\\.test\\.ts$'

/** What Manifold is compared with is written against the bare libraries, and so is the load on both sides. */
const BARE = '^bench/(baselines|load)/'

/** What judges Manifold looks at the queues itself, instead of asking what it judges. */
const ORACLE = '^faults/oracle/'

const outside = '^(?!node_modules)'

const rules: IConfiguration = {
  forbidden: [
    { name: 'no-cycles', severity, from: {}, to: { circular: true } },
    ...Object.entries(MAY_IMPORT).map(([name, siblings]) => ({
      name: `${name}-imports-only-${siblings.join('-') || 'no-sibling'}`,
      severity,
      from: { path: `^packages/${name}/`, pathNot: TEST },
      to: {
        path: '^(packages|apps|targets|test)/',
        pathNot: [name, ...siblings].map((one) => `^packages/${one}/`),
      },
    })),
    {
      name: 'apps-do-not-import-each-other',
      severity,
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'bullmq-only-in-queue',
      severity,
      from: { path: outside, pathNot: ['^packages/queue/', BARE, ORACLE] },
      to: { path: 'node_modules/bullmq/' },
    },
    {
      name: 'undici-only-in-delivery',
      severity,
      from: { path: outside, pathNot: ['^packages/delivery/', BARE] },
      to: { path: 'node_modules/undici/' },
    },
    {
      name: 'ioredis-only-in-store',
      severity,
      from: { path: outside, pathNot: ['^packages/store/', BARE, ORACLE] },
      to: { path: 'node_modules/ioredis/' },
    },
    {
      name: 'opentelemetry-only-in-tracing',
      severity,
      from: { path: outside, pathNot: ['^packages/tracing/'] },
      to: { path: 'node_modules/@opentelemetry/' },
    },
    {
      name: 'no-io-in-domain',
      severity,
      from: { path: '^packages/domain/', pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'client-needs-only-what-a-browser-has',
      severity,
      from: { path: '^packages/client/src/', pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'shipped-code-imports-no-test',
      severity,
      from: { path: '^(apps|packages)/', pathNot: TEST },
      to: { path: '^test/|\\.test\\.ts$|node_modules/(vitest|fast-check)/' },
    },
    {
      name: 'bench-starts-apps-and-never-imports-them',
      severity,
      from: { path: '^bench/', pathNot: TEST },
      to: { path: '^(apps|targets|test)/' },
    },
    {
      name: 'nobody-imports-the-bench-or-the-faults',
      severity,
      from: { path: '^(apps|packages|targets)/' },
      to: { path: '^(bench|faults)/' },
    },
    {
      name: 'faults-start-apps-and-never-import-them',
      severity,
      from: { path: '^faults/' },
      // Certificates are made in one place.
      to: { path: '^(apps|targets|test)/', pathNot: '^test/support/(certificates|reflect-metadata)\\.ts$' },
    },
    {
      name: 'the-oracle-shares-no-code-with-what-it-judges',
      severity,
      from: { path: ORACLE },
      to: { path: '^(apps|packages|targets|test)/' },
    },
    { name: 'nothing-unresolvable', severity, from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^node_modules/(?!(bullmq|undici|ioredis|@opentelemetry|vitest|fast-check)/)' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'require', 'default'],
      mainFields: ['module', 'main'],
    },
  },
}

export default rules
