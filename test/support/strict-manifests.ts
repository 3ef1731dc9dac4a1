/**
 * Manifests against the published types of Kubernetes, KEDA and the Prometheus Operator, as TypeScript checks an object
 * literal: a field that there is not is a mistake. (Their JSON schemas let every unknown field pass, as a cluster does
 * when it is not asked to be strict: a misspelt `readOnlyRootFilesystem` would do nothing, and nobody would tell.)
 */
import { join } from 'node:path'
import ts from 'typescript'
import { objectOf, type Manifest } from './manifests.ts'

/** The package that has the schemas of an API group, and so the start of a model's address. */
export function packageOf(apiVersion: string): string {
  if (apiVersion.startsWith('keda.sh/')) return '@kubernetes-models/keda'
  return apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models'
}

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts'],
  types: [],
}

/** What is wrong with them, a line each. */
export function typeMistakes(manifests: readonly Manifest[]): string[] {
  const name = join(import.meta.dirname, 'manifests-as-typescript.ts')
  const source = manifests.map(asTypeScript).join('')
  const host = ts.createCompilerHost(OPTIONS)
  const program = ts.createProgram([name], OPTIONS, {
    ...host,
    fileExists: (file) => file === name || host.fileExists(file),
    getSourceFile: (file, version) =>
      file === name ? ts.createSourceFile(file, source, version) : host.getSourceFile(file, version),
  })
  const file = program.getSourceFile(name)
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ messageText, start = 0 }) => {
      const line = source.slice(0, start).split('\n').length - 1
      const manifest = manifests[Math.floor(line / LINES_EACH)]
      return `${manifest?.file ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    },
  )
}

const LINES_EACH = 2

function asTypeScript(manifest: Manifest, index: number): string {
  const { apiVersion, kind } = manifest
  const number = String(index)
  return (
    `import type { I${kind} as T${number} } from '${packageOf(apiVersion)}/${apiVersion}/${kind}'\n` +
    `export const v${number}: T${number} = ${JSON.stringify(objectOf(manifest))}\n`
  )
}
