/**
 * The source: a third party whose webhooks become events: where they come in, how they prove who sent them, and what
 * they turn into.
 *
 * This is the resolved form; what a user writes is packages/config's `defineSource`.
 */

/** A webhook as it came in, before anybody trusts it. */
export type UnverifiedWebhook = {
  /** Lower-case names; a repeated header is joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The bytes as they were sent, unpacked if they were compressed. Empty without a body. */
  readonly body: Uint8Array
}

/** What a verifier comes to. */
export type Verdict =
  | {
      readonly kind: 'genuine'
      /** What the sender calls this webhook, the same however often it is sent. */
      readonly id?: string | undefined
      /** The bytes that were signed, in parts: without an `id`, the same bytes are the same webhook. */
      readonly signed?: readonly (string | Uint8Array)[] | undefined
      /** What tells two webhooks of one `id` apart. Default: their bodies. */
      readonly fingerprint?: string | undefined
    }
  /** Genuine, and no event: the sender asks whether somebody is here, and wants this text as the answer. */
  | { readonly kind: 'handshake'; readonly answer: string }
  /** The reason is shown to the sender and in the log: it holds nothing of the secret or the body. */
  | { readonly kind: 'refused'; readonly reason: string }

/** How webhooks of a source prove who sent them. */
export type Verifier = {
  readonly kind: string
  /** Every secret the verifier was given, so that a missing one is reported at start-up. */
  readonly secrets: readonly { readonly name: string; reveal(): string }[]
  readonly verify: (webhook: UnverifiedWebhook, nowMs: number) => Verdict | Promise<Verdict>
  /** Looks at the secrets once they are there; gives what is wrong with them, never a value. */
  readonly check?: () => readonly string[]
  /** What `WWW-Authenticate` asks for when a webhook is refused: some clients send no password before. */
  readonly challenge?: string
}

/** A verified webhook, as `toEvent` sees it. */
export type WebhookRequest = {
  /** Lower-case names; a repeated header is joined with `, `. Few senders sign them. */
  readonly headers: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The body as it was sent. */
  readonly text: string
  /** The body as JSON, `undefined` when it is none. Numbers beyond 2^53 are rounded: `text` has them exactly. */
  // What a third party sends is not ours to type: `toEvent` is where its reader looks into it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any
  /** The fields of a form, when the content type says it is one; else empty. */
  readonly form: URLSearchParams
}

export type Source = {
  /** Below `/v1/sources/`. */
  readonly path: string
  readonly verify: Verifier
  /** An event, several, or `undefined` for what is not of interest. Checked when it runs. */
  readonly toEvent: (request: WebhookRequest) => unknown
  /** `undefined`: as large as any body may be. */
  readonly maxBodyBytes: number | undefined
}
