/** Wrong fields in words, the same in every command. */

type FieldError = { readonly path: string; readonly message: string }

/** `data.total: must be a number` */
export function fieldLine({ path, message }: FieldError): string {
  return `${path}: ${message}`
}

/** Each on a line of its own, below what they are about. */
export function fieldLines(errors: readonly FieldError[]): string[] {
  return errors.map((error) => `  ${fieldLine(error)}`)
}
