/** What a user writes in `manifold.config.ts`. Validated by load-config.ts. */
import type { z } from 'zod'
import type { CallbacksDefinition } from './define-callbacks.ts'
import type { EventCatalogue, EventSchemas } from './define-events.ts'
import type { SourceDefinition } from './define-source.ts'
import type { TargetDefinition } from './define-target.ts'

export type ConfigDefinition = {
  /** The event catalogue: a schema for the `data` of each type. A type that is not listed is taken as it is. */
  events?: Record<string, z.ZodType> | EventCatalogue<EventSchemas>
  targets: TargetDefinition[]
  /** Third parties whose webhooks become events. */
  sources?: SourceDefinition[]
  /** Tells callers that their event is settled; without it `callbackUrl` is refused. */
  callbacks?: CallbacksDefinition
}

/** Types a config file. Mistakes are reported when it is loaded. */
export function defineConfig(definition: ConfigDefinition): ConfigDefinition {
  return definition
}
