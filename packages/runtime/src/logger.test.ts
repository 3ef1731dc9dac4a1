import { describe, expect, test } from 'vitest'
import { createLogger, type Logger } from './logger.ts'

/** What a logger writes, line by line. */
function logged(
  write: (logger: Logger) => void,
  level = 'info',
  hide?: (text: string) => string,
): Record<string, unknown>[] {
  const lines: string[] = []
  write(createLogger('worker', level, { write: (line) => lines.push(line) }, hide))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('each line is JSON with the part, the level as a word, the time and what was said', () => {
  const [line] = logged((logger) => {
    logger.info({ deliveryId: 'evt_1-crm' }, 'delivered')
  })
  expect(line).toEqual({
    part: 'worker',
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    deliveryId: 'evt_1-crm',
    msg: 'delivered',
  })
})

test('lines below the level are not written', () => {
  const lines = logged((logger) => {
    logger.debug('debug')
    logger.info('info')
    logger.warn('warn')
    logger.error('error')
  }, 'warn')
  expect(lines.map((line) => line['msg'])).toEqual(['warn', 'error'])
})

test('an error is written with its message and stack', () => {
  const [line] = logged((logger) => {
    logger.error({ err: new Error('refused') }, 'failed')
  })
  expect(line?.['err']).toMatchObject({
    type: 'Error',
    message: 'refused',
    stack: expect.any(String) as string,
  })
})

describe('of an error only what is listed is written', () => {
  const DATA = 'event-data'
  const refused = () =>
    Object.assign(new Error('refused'), {
      code: 'NOPERM',
      // As Redis's client has it.
      command: { name: 'evalsha', args: ['sha', DATA] },
      headers: { 'x-data': DATA },
      errno: -1,
    })
  const listed = {
    type: 'Error',
    message: 'refused',
    stack: expect.any(String) as string,
    code: 'NOPERM',
    command: 'evalsha',
  }
  const described = (err: unknown): unknown =>
    logged((logger) => {
      logger.error({ err }, 'failed')
    })[0]?.['err']

  test('class, message, stack, code, and the name of the command that failed', () => {
    expect(described(refused())).toEqual(listed)
  })

  test('of its cause, and of the errors of several in one, the same', () => {
    const several = Object.assign(new AggregateError([refused(), 'odd'], 'both', { cause: refused() }), {
      DATA,
    })
    expect(described(several)).toEqual({
      type: 'AggregateError',
      message: 'both',
      stack: expect.any(String) as string,
      cause: listed,
      errors: [listed, { type: 'string', message: 'odd' }],
    })
  })

  test('what is thrown and is no error is told by its type, and one that causes itself only so deep', () => {
    expect(described({ data: DATA })).toEqual({ type: 'Object' })
    expect(described(null)).toEqual({ type: 'null' })
    const own = new Error('own')
    own.cause = own
    expect(JSON.stringify(described(own)).match(/"message":"own"/g)).toHaveLength(6)
  })

  test('also where it is all that is logged', () => {
    const lines = logged((logger) => {
      logger.error(refused())
      logger.child({ err: refused() }).error('failed')
    })
    expect(lines.map(({ err }) => err)).toEqual([listed, listed])
  })
})

describe('a secret never reaches a line', () => {
  const SECRET = 'Bearer s3cret'

  test.each([
    ["a request's authorization header", { req: { method: 'POST', headers: { authorization: SECRET } } }],
    ["a request's cookies", { req: { method: 'POST', headers: { cookie: SECRET } } }],
    ['an authorization header among headers', { headers: { authorization: SECRET, host: 'crm' } }],
    ['a field named authorization of anything', { target: { authorization: SECRET, name: 'crm' } }],
    ['headers at any depth', { sent: { request: { headers: { 'x-api-key': SECRET } } } }],
    ['a header in another letter case', { headers: { 'Proxy-Authorization': SECRET } }],
    ['a list of headers', { headers: { 'set-cookie': [SECRET, SECRET] } }],
  ])('in %s', (_name, fields) => {
    const [line] = logged((logger) => {
      logger.info(fields, 'request')
    })
    expect(JSON.stringify(line)).not.toContain('s3cret')
    expect(JSON.stringify(line)).toContain('[secret]')
  })

  test('also when a child logger carries it', () => {
    const [line] = logged((logger) => {
      logger.child({ req: { headers: { authorization: SECRET } } }).info('request')
    })
    expect(JSON.stringify(line)).not.toContain('s3cret')
  })

  test('a value that only speaks of one is written as it is', () => {
    const [line] = logged((logger) => {
      logger.info({ detail: 'the field "authorization": is missing', name: 'cookie' }, 'request')
    })
    expect(line).toMatchObject({ detail: 'the field "authorization": is missing', name: 'cookie' })
  })

  test('and what stands beside it is written', () => {
    const [line] = logged((logger) => {
      logger.info({ headers: { authorization: SECRET, host: 'crm' } }, 'request')
    })
    expect(line?.['headers']).toEqual({ authorization: '[secret]', host: 'crm' })
  })

  test('a known value is hidden in what repeats the words of others: from warnings on, and whatever a handler says', () => {
    const lines = logged(
      (logger) => {
        logger.warn({ error: 'tok-8842 is unknown' }, 'will retry')
        logger.error({ err: new Error('tok-8842 is unknown') }, 'request failed')
        logger.child({ from: 'handler' }).info({ key: 'tok-8842' }, 'calling with tok-8842')
      },
      'info',
      (text) => text.replaceAll('tok-8842', '[secret]'),
    )
    expect(lines).toHaveLength(3)
    for (const line of lines) {
      expect(JSON.stringify(line)).not.toContain('8842')
      expect(JSON.stringify(line)).toContain('[secret]')
    }
  })
})
