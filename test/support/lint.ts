/** The public linters of the documents: Redocly's recommended rules, and AsyncAPI's own schema. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { environmentWith } from '@manifold/config'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'

const require = createRequire(import.meta.url)
const redocly = join(dirname(fileURLToPath(import.meta.resolve('@redocly/cli/package.json'))), 'bin/cli.js')

type Report = {
  readonly problems: readonly {
    readonly ruleId: string
    readonly severity: string
    readonly message: string
    readonly location: readonly { readonly pointer?: string }[]
  }[]
}

/** Errors and warnings alike, each in a line. */
export async function lint(document: object): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-lint-'))
  const file = join(folder, 'document.json')
  writeFileSync(file, JSON.stringify(document))
  try {
    const output = await run([redocly, 'lint', file, '--extends', 'recommended', '--format', 'json'], folder)
    return (JSON.parse(output) as Report).problems.map(
      ({ ruleId, severity, message, location }) =>
        `${severity} ${ruleId} ${location[0]?.pointer ?? ''}: ${message}`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What it prints, also when it found mistakes and ends with 1. */
async function run(words: readonly string[], folder: string): Promise<string> {
  const env = environmentWith({ REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' })
  try {
    const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: folder, env })
    return stdout
  } catch (error) {
    return String(Reflect.get(Object(error), 'stdout'))
  }
}

/** What AsyncAPI's schema of its version 3.0 says against a document. */
export function asyncApiFaults(document: object): string[] {
  // The schema brings its own copy of the one that judges schemas.
  const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false })
  formats.default(ajv)
  const validate = ajv.compile(require('@asyncapi/specs/schemas/3.0.0.json') as object)
  if (validate(document)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`)
}
