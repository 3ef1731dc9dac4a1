/**
 * Secrets: values that never show. They come from the environment variable `NAME`, or from the file
 * `NAME_FILE` names, and are read when first needed: the producer loads the same config without holding the targets' keys.
 */
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { HIDDEN } from '@manifold/domain'
import { noteRevealed } from './revealed-secrets.ts'

/** A named secret. Printed, logged or serialised it is `[secret]`; only `reveal()` gives the value. */
export class Secret {
  readonly name: string
  #value: string | undefined

  constructor(name: string) {
    this.name = name
  }

  /** @throws when neither `NAME` nor a readable `NAME_FILE` is set; the message names both, never a value. */
  reveal(): string {
    if (this.#value === undefined) {
      const reading = readSecret(this.name, process.env)
      if (reading.kind === 'missing') throw new Error(reading.message)
      this.#value = reading.value
      noteRevealed(reading.value)
    }
    return this.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}

/** Refers to a secret by the name of its environment variable. Nothing is read yet. */
export function secret(name: string): Secret {
  return new Secret(name)
}

type SecretReading =
  { readonly kind: 'found'; readonly value: string } | { readonly kind: 'missing'; readonly message: string }

/** Reads `NAME`, or the file `NAME_FILE` names. The message of a miss names both, never a value. */
export function readSecret(name: string, environment: NodeJS.ProcessEnv): SecretReading {
  const value = environment[name]
  if (value !== undefined && value !== '') return { kind: 'found', value }
  const file = environment[`${name}_FILE`]
  if (file === undefined || file === '')
    return { kind: 'missing', message: `secret ${name}: set ${name} or ${name}_FILE` }
  try {
    // An editor's trailing newline is not part of a secret.
    const content = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    if (content.trim() !== '') return { kind: 'found', value: content }
    return { kind: 'missing', message: `secret ${name}: ${name}_FILE is empty` }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return { kind: 'missing', message: `secret ${name}: ${name}_FILE cannot be read (${reason})` }
  }
}

/** Names every secret among `secrets` that cannot be read, all at once. */
export function missingSecrets(secrets: Iterable<{ readonly name: string; reveal(): string }>): string[] {
  const errors: string[] = []
  for (const one of secrets) {
    try {
      one.reveal()
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error))
    }
  }
  return errors
}
