import { describe, expect, test } from 'vitest'
import { callbackUrlMistake, plainHost, readHostPattern } from './callback-url.ts'

const ANY = { allow: undefined, allowHttp: false }

const only = (...allow: string[]) => ({ allow, allowHttp: false })

describe('an address that is to be called back', () => {
  test.each([
    'https://hooks.example.com/done?order=1',
    'https://HOOKS.example.com:8443/done',
    'https://hooks.example.com.',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]:8443/',
    'https://bücher.example/',
    'https://_hook.example.com/',
  ])('may be %s', (url) => {
    expect(callbackUrlMistake(url, ANY)).toBeUndefined()
  })

  test.each([
    ['', 'absolute'],
    ['hooks.example.com/done', 'absolute'],
    ['/done', 'absolute'],
    ['//hooks.example.com', 'absolute'],
    ['https:hooks.example.com', 'absolute'],
    ['https:///hooks.example.com', 'absolute'],
    ['https:\\\\hooks.example.com', 'absolute'],
    ['https://hooks.example.com\\@10.0.0.1/', 'absolute'],
    [' https://hooks.example.com', 'absolute'],
    ['https://hooks.exa\nmple.com', 'absolute'],
    ['https://', 'absolute'],
    ['https://256.1.1.1', 'absolute'],
    ['http://hooks.example.com', 'must be https (the callbacks setting allows no http)'],
    ['ftp://hooks.example.com', 'must be https, not ftp:'],
    ['file:///etc/passwd', 'absolute'],
    ['javascript:alert(1)', 'absolute'],
    ['https://user@hooks.example.com', 'no credentials'],
    ['https://user:hunter2@hooks.example.com', 'no credentials'],
    ['https://:hunter2@hooks.example.com', 'no credentials'],
    ['https://hooks.example.com/#done', 'no fragment'],
    ['https://hooks.example.com/#', 'no fragment'],
    ['https://hooks..example.com', 'not a host name'],
    ['https://-hooks.example.com', 'not a host name'],
    ['https://a,b.example.com', 'not a host name'],
    [`https://${'a'.repeat(64)}.example.com`, 'not a host name'],
    [`https://${'a.'.repeat(130)}example.com`, 'not a host name'],
  ])('may not be %j', (url, why) => {
    const mistake = callbackUrlMistake(url, ANY)
    expect(mistake).toContain(why)
    expect(mistake).not.toContain('hunter2')
  })

  test('may be http where that is allowed, and nothing else besides', () => {
    const rules = { allow: undefined, allowHttp: true }
    expect(callbackUrlMistake('http://hooks.example.com', rules)).toBeUndefined()
    expect(callbackUrlMistake('https://hooks.example.com', rules)).toBeUndefined()
    expect(callbackUrlMistake('ws://hooks.example.com', rules)).toContain('must be https')
  })

  test.each([
    ['hooks.example.com', 'hooks.example.com', true],
    ['hooks.example.com', 'HOOKS.Example.com', true],
    ['hooks.example.com', 'hooks.example.com.', true],
    ['hooks.example.com', 'hooks.example.com:8443', true],
    ['hooks.example.com', 'a.hooks.example.com', false],
    ['hooks.example.com', 'hooks.example.com.evil.example', false],
    ['*.example.com', 'hooks.example.com', true],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'evilexample.com', false],
    ['8.8.8.8', '0x08080808', true],
    ['2606:4700::1111', '[2606:4700:0::1111]', true],
  ])('where %s is allowed, %s is: %s', (pattern, host, allowed) => {
    const mistake = callbackUrlMistake(`https://${host}/done`, only('other.example', pattern))
    expect(mistake === undefined).toBe(allowed)
    if (!allowed) expect(mistake).toContain('not among those that the callbacks setting allows')
  })
})

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['2130706433', '127.0.0.1'],
  ['0x7f.1', '127.0.0.1'],
  ['0177.0.0.1', '127.0.0.1'],
  ['127.1.', '127.0.0.1'],
  ['１２７.0.0.1', '127.0.0.1'],
  ['[::1]', '::1'],
  ['[::ffff:127.0.0.1]', '::ffff:7f00:1'],
  ['LOCALHOST.', 'localhost'],
])('the host %s is plainly %s', (host, plain) => {
  expect(plainHost(new URL(`https://${host}/`))).toBe(plain)
})

test.each([
  ['hooks.example.com', 'hooks.example.com'],
  ['*.Example.COM', '*.example.com'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['hooks.example.com.', 'hooks.example.com'],
  ['10.0.0.1', '10.0.0.1'],
  ['[FD00::1]', 'fd00::1'],
])('%s is the pattern %s', (pattern, host) => {
  expect(readHostPattern(pattern)).toBe(host)
})

test.each([
  '',
  '*',
  '*.',
  '**.example.com',
  'hooks.*.com',
  'https://hooks.example.com',
  'hooks.example.com:8443',
  'hooks.example.com/done',
  'user@hooks.example.com',
  'hooks example.com',
  '*.10.0.0.1',
  'a..b',
])('%j is no pattern of hosts', (pattern) => {
  expect(readHostPattern(pattern)).toBeUndefined()
})
