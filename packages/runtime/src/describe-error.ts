/**
 * What a log line says of an error, by allow-list: libraries hang on errors what they were about, such as the arguments of
 * a Redis command, and with them the data of events.
 */

export type DescribedError = {
  /** The name of its class; of what is no error, its type. */
  readonly type: string
  readonly message?: string
  readonly stack?: string
  readonly code?: string | number
  /** The name of the command that failed, without its arguments. */
  readonly command?: string
  readonly cause?: DescribedError
  /** Of several in one. */
  readonly errors?: readonly DescribedError[]
}

/** Causes may have causes, and be their own. */
const MAX_DEPTH = 5

/** @param error whatever was thrown */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (typeof error !== 'object' || error === null) {
    if (typeof error === 'string') return { type: 'string', message: error }
    return { type: error === null ? 'null' : typeof error }
  }
  const type = classOf(error)
  const message = textAt(error, 'message')
  const stack = textAt(error, 'stack')
  const code = codeOf(error)
  const command = commandOf(error)
  const cause: unknown = Reflect.get(error, 'cause')
  const errors: unknown = Reflect.get(error, 'errors')
  const isDeep = depth >= MAX_DEPTH
  return {
    type,
    ...(message === undefined ? {} : { message }),
    ...(stack === undefined ? {} : { stack }),
    ...(code === undefined ? {} : { code }),
    ...(command === undefined ? {} : { command }),
    ...(cause === undefined || isDeep ? {} : { cause: describeError(cause, depth + 1) }),
    ...(!Array.isArray(errors) || isDeep
      ? {}
      : { errors: errors.map((one: unknown) => describeError(one, depth + 1)) }),
  }
}

function classOf(error: object): string {
  const name: unknown = Reflect.get(Object(Reflect.get(error, 'constructor')), 'name')
  return typeof name === 'string' ? name : 'object'
}

function textAt(error: object, key: string): string | undefined {
  const value: unknown = Reflect.get(error, key)
  return typeof value === 'string' ? value : undefined
}

function codeOf(error: object): string | number | undefined {
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' || typeof code === 'number' ? code : undefined
}

/** Redis's client has it as `{name, args}`. */
function commandOf(error: object): string | undefined {
  const command: unknown = Reflect.get(error, 'command')
  return typeof command === 'object' && command !== null ? textAt(command, 'name') : undefined
}
