/** The Kubernetes manifests below deploy/kubernetes, as the kustomizations name them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments } from 'yaml'

const KUBERNETES = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url))

/** As much of a container as is looked at here. */
export type Container = {
  readonly name: string
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly envFrom?: readonly {
    readonly configMapRef?: { readonly name: string }
    readonly secretRef?: { readonly name: string; readonly optional?: boolean }
  }[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe?: Probe
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } }
  readonly resources?: {
    readonly requests?: Record<string, string>
    readonly limits?: Record<string, string>
  }
  readonly securityContext?: object
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
}

type Probe = { readonly httpGet?: { readonly path: string; readonly port: string } }

export type Pod = {
  readonly serviceAccountName?: string
  readonly automountServiceAccountToken?: boolean
  readonly terminationGracePeriodSeconds?: number
  readonly securityContext?: object
  readonly containers: readonly Container[]
  readonly volumes?: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[]
}

/** One object of a file. */
export type Manifest = {
  readonly file: string
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly data?: Record<string, string>
  readonly spec?: Record<string, unknown>
}

type Kustomization = {
  readonly resources?: readonly string[]
  readonly components?: readonly string[]
  readonly images?: readonly { readonly newName: string; readonly newTag: string }[]
  readonly patches?: readonly { readonly patch: string }[]
  readonly secretGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[]
}

export const LAYERS = [
  'base',
  'components/keda',
  'components/pod-monitor',
  'components/tracing',
  'overlays/example',
] as const

/** Files of a layer that hold objects; a layer is a folder with a kustomization. */
export function manifestFiles(layer: (typeof LAYERS)[number]): string[] {
  const names = readdirSync(join(KUBERNETES, layer)).filter((name) => name.endsWith('.yaml'))
  return names.filter((name) => name !== 'kustomization.yaml').sort()
}

export function readKustomization(layer: (typeof LAYERS)[number]): Kustomization {
  return parse(readManifestFile(layer, 'kustomization.yaml')) as Kustomization
}

export function readManifestFile(layer: (typeof LAYERS)[number], file: string): string {
  return readFileSync(join(KUBERNETES, layer, file), 'utf8')
}

/** Every object of the layers that are named, or of all. */
export function readManifests(...layers: (typeof LAYERS)[number][]): Manifest[] {
  return (layers.length === 0 ? [...LAYERS] : layers).flatMap((layer) =>
    manifestFiles(layer).flatMap((file) =>
      parseAllDocuments(readManifestFile(layer, file), { merge: true }).map(
        (document) => ({ file: `${layer}/${file}`, ...document.toJS() }) as Manifest,
      ),
    ),
  )
}

/** What a Deployment or a StatefulSet makes its pods of. */
export function podOf(manifest: Manifest): Pod {
  const { template } = manifest.spec as { template: { spec: Pod } }
  return template.spec
}

/** The labels of those pods. */
export function podLabelsOf(manifest: Manifest): Readonly<Record<string, string>> {
  const { template } = manifest.spec as { template: { metadata: { labels: Record<string, string> } } }
  return template.metadata.labels
}

/** The object itself, without where it was found. */
export function objectOf(manifest: Manifest): object {
  return Object.fromEntries(Object.entries(manifest).filter(([name]) => name !== 'file'))
}
