/** Secrets at the start: a process that needs some asks for all of them at once, before it does anything. */
import { missingSecrets } from './secret.ts'

/** An auth builder or a verifier. */
export type SecretHolder = {
  readonly secrets: readonly { readonly name: string; reveal(): string }[]
  readonly check?: () => readonly string[]
}

/** Every secret is there, and fits what it is for. @throws with all that is wrong, and no value */
export function requireSecrets(holders: readonly SecretHolder[]): void {
  const missing = missingSecrets(holders.flatMap((holder) => holder.secrets))
  const mistakes = missing.length > 0 ? missing : holders.flatMap((holder) => holder.check?.() ?? [])
  if (mistakes.length > 0) {
    const lines = [...new Set(mistakes)].map((line) => `  ${line}`)
    throw new Error(`wrong or missing secrets:\n${lines.join('\n')}`)
  }
}
