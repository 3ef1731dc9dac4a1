import { resolveConfig, secret, type CallbacksDefinition } from '@manifold/config'
import { describe, expect, test } from 'vitest'
import { callbackUrlJudge } from './judge-callback-url.ts'

function judgeWith(settings: Partial<CallbacksDefinition> = {}): (url: string) => string | undefined {
  const callbacks = { signingSecret: secret('MANIFOLD_CALLBACK_SECRET'), ...settings }
  return callbackUrlJudge(resolveConfig('test', { targets: [], callbacks }).callbacks)
}

test('without the setting every address is refused, with what is to be set', () => {
  expect(callbackUrlJudge(undefined)('https://hooks.example.com')).toContain(
    'callbacks are not configured: set `callbacks:',
  )
})

const LOOPBACK = [
  '127.0.0.1',
  '127.0.0.1.',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '017700000001',
  '%31%32%37.0.0.1',
  '①②⑦.0.0.1',
  '127。0。0。1',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'manifold.localhost',
]

const ELSEWHERE = [
  '0.0.0.0',
  '0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '0xa9fea9fe',
  '100.64.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:8.8.8.8]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[fd00::1]',
  '[fe80::1]',
  '[ff02::1]',
]

describe.each(['https', 'http'])('over %s', (scheme) => {
  test.each([...LOOPBACK, ...ELSEWHERE])('%s is refused in every spelling', (host) => {
    expect(judgeWith({ allowHttp: true })(`${scheme}://${host}:8443/done`)).toContain('not a public address')
  })
})

test.each(LOOPBACK)('%s may be called where its range is allowed', (host) => {
  expect(judgeWith({ allowPrivateNetwork: ['127.0.0.0/8', '::1/128'] })(`https://${host}/`)).toBeUndefined()
})

test('a range that is allowed allows no other', () => {
  const judge = judgeWith({ allowPrivateNetwork: ['10.1.0.0/16'] })
  expect(judge('https://10.1.2.3/')).toBeUndefined()
  expect(judge('https://10.2.2.3/')).toContain('not a public address')
  expect(judge('https://localhost/')).toContain('not a public address')
})

test('a host on the list is guarded all the same', () => {
  expect(judgeWith({ allow: ['127.0.0.1'] })('https://127.0.0.1/')).toContain('not a public address')
})

test.each([
  '8.8.8.8',
  '[2606:4700:4700::1111]',
  'hooks.example.com',
  'localhost.example.com',
  'notlocalhost',
])('%s passes the door: what a name means is seen when it is called', (host) => {
  expect(judgeWith()(`https://${host}/done`)).toBeUndefined()
})
