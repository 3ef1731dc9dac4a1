/** Prometheus as Debian packages it: its checker of rules, and a server of a test's own. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { environmentWith, programPath } from '@manifold/config'
import { installDebianPackage } from '../../faults/stage/debian-package.ts'
import { eventually } from './eventually.ts'

const PACKAGE = 'prometheus'
const ADDRESS = /msg="Listening on" address=127\.0\.0\.1:(\d+)/

export type PrometheusServer = {
  /** The answer's `data`. @throws with Prometheus's own words when it does not take the question */
  readonly ask: (path: string, parameters?: Readonly<Record<string, string>>) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** Finds a program of the package, which is installed where that can be done unasked. @throws when there is none */
export function prometheusProgram(name: 'prometheus' | 'promtool'): string {
  const found = find(name)
  if (found !== undefined) return found
  if (installDebianPackage(PACKAGE, (line) => process.stdout.write(`There is no Prometheus here; ${line}\n`)))
    stopService()
  const installed = find(name)
  if (installed === undefined) throw new Error(`There is no ${name} here: apt-get install ${PACKAGE}`)
  return installed
}

function find(name: string): string | undefined {
  return programPath()
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file))
}

/** The package starts a service, which nobody asked for. */
function stopService(): void {
  const { status } = spawnSync('systemctl', ['disable', '--now', PACKAGE])
  if (status !== 0) spawnSync('service', [PACKAGE, 'stop'])
}

/** Starts a server that scrapes often. */
export async function startPrometheus(config: {
  readonly ruleFiles: readonly string[]
  /** host:port of what is scraped. */
  readonly targets: readonly string[]
}): Promise<PrometheusServer> {
  const directory = await mkdtemp(join(tmpdir(), 'prometheus-'))
  const file = join(directory, 'prometheus.json')
  // JSON is YAML.
  await writeFile(
    file,
    JSON.stringify({
      global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '200ms' },
      rule_files: config.ruleFiles,
      scrape_configs: [{ job_name: 'manifold', static_configs: [{ targets: config.targets }] }],
    }),
  )
  const child = spawn(
    prometheusProgram('prometheus'),
    [`--config.file=${file}`, `--storage.tsdb.path=${directory}/data`, '--web.listen-address=127.0.0.1:0'],
    { env: environmentWith({}), stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = once(child, 'exit')
  const port = await new Promise<string>((resolve, reject) => {
    let output = ''
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const found = ADDRESS.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    })
    void ended.then(() => {
      reject(new Error(`Prometheus ended:\n${output}`))
    })
  })
  const url = `http://127.0.0.1:${port}`
  await eventually('Prometheus to be ready', async () => (await fetch(`${url}/-/ready`)).ok)
  return {
    ask: async (path, parameters = {}) => {
      const query = new URLSearchParams(parameters).toString()
      const response = await fetch(`${url}/api/v1/${path}?${query}`)
      const answer = (await response.json()) as { status: string; data?: unknown; error?: string }
      if (answer.status !== 'success') throw new Error(`${query}: ${answer.error ?? ''}`)
      return answer.data
    },
    close: async () => {
      child.kill('SIGKILL')
      await ended
      await rm(directory, { recursive: true, force: true })
    },
  }
}
