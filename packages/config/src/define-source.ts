/**
 * What a user writes for one source of webhooks. Validated by load-config.ts together with all others, so that every
 * mistake is reported at once; `defineSource` itself only gives types.
 */
import type { EventInput, Verifier, WebhookRequest } from '@manifold/domain'

export type SourceDefinition = {
  /** 1 to 3 segments of `[a-z0-9-]`: webhooks come in at `POST /v1/sources/<path>`. */
  path: string
  /** Who may send here. No API key is asked for: this is the lock, and there is no `none`. */
  verify: Verifier
  /** Called with webhooks that are verified. `undefined`: not of interest, nothing is stored. Not async. */
  toEvent: (request: WebhookRequest) => EventInput | readonly EventInput[] | undefined
  /** Default: `MANIFOLD_MAX_BODY_BYTES`. */
  maxBodyBytes?: number
}

/** Types a source. Mistakes are reported when the config is loaded. */
export function defineSource(definition: SourceDefinition): SourceDefinition {
  return definition
}
