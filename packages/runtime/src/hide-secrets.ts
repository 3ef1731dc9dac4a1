/**
 * Keeps secrets out of the logs: a field with the name of a secret, however deep, is written without its value; and so is
 * any known value, in lines that repeat what a library, a user's function or a target said.
 *
 * Looks at the finished line, not at the object: pino's `redact` costs 20 µs a line, this search half a microsecond.
 */

/** Header and field names whose values never reach a log, in lower case. */
const SECRET_NAMES = ['authorization', 'cookie', 'set-cookie', 'x-api-key', 'proxy-authorization']

/** A quote inside a value is escaped, so that this finds fields only. */
const SECRET_FIELD = new RegExp(`"(?:${SECRET_NAMES.join('|')})":`, 'i')

/** Whether a header or field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAMES.includes(name.toLowerCase())
}

/** Lines of Manifold's own about what went well are in its own words: they are most of all, and are not searched. */
const OWN_WORDS = '{"level":"info"'

/** What a function target's handler says may hold anything. */
const HANDLERS_WORDS = '"from":"handler"'

/**
 * @param line one log line, JSON with its line end
 * @param hide takes known values out of a text
 */
export function hideSecrets(line: string, hide: (text: string) => string): string {
  const isOwn = line.startsWith(OWN_WORDS) && !line.includes(HANDLERS_WORDS)
  return hideFields(isOwn ? line : hide(line))
}

function hideFields(line: string): string {
  if (!SECRET_FIELD.test(line)) return line
  const hidden: unknown = JSON.parse(line, (name, value: unknown) =>
    isSecretName(name) ? '[secret]' : value,
  )
  return `${JSON.stringify(hidden)}\n`
}
