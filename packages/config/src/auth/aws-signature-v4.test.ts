import { Sha256 } from '@aws-crypto/sha256-js'
import type { OutgoingRequest } from '@manifold/domain'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, test } from 'vitest'
import { contextWith, NOW_MS, REQUEST, secretOf } from '../../../../test/support/auth-request.ts'
import { awsSignatureV4 } from './aws-signature-v4.ts'

const KEY_ID = 'AKIDEXAMPLE'
const KEY = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'

type Signing = { readonly region: string; readonly service: string; readonly token?: string }

async function ours({ region, service, token }: Signing, request: OutgoingRequest): Promise<OutgoingRequest> {
  const auth = awsSignatureV4({
    accessKeyId: secretOf(KEY_ID, 'MANIFOLD_TEST_KEY_ID'),
    secretAccessKey: secretOf(KEY, 'MANIFOLD_TEST_KEY'),
    ...(token === undefined ? {} : { sessionToken: secretOf(token, 'MANIFOLD_TEST_TOKEN') }),
    region,
    service,
  })
  return auth.authenticate(request, contextWith())
}

/** The AWS SDK's own signature of the same request. */
async function theirs(
  { region, service, token }: Signing,
  request: OutgoingRequest,
): Promise<string | undefined> {
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: KEY_ID,
      secretAccessKey: KEY,
      ...(token === undefined ? {} : { sessionToken: token }),
    },
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
  })
  const { protocol, host, hostname, pathname, searchParams } = new URL(request.url)
  const query: Record<string, string[]> = {}
  for (const [name, value] of searchParams) query[name] = [...(query[name] ?? []), value]
  const signed = await signer.sign(
    {
      method: request.method,
      protocol,
      hostname,
      path: pathname,
      query,
      headers: { ...request.headers, host },
      body: request.body,
    },
    // Not every proxy leaves it as it is; both sides may choose.
    { signingDate: new Date(NOW_MS), unsignableHeaders: new Set(['content-type']) },
  )
  return signed.headers['authorization']
}

const lambda: Signing = { region: 'eu-central-1', service: 'lambda' }

describe('the signature is the one the AWS SDK makes', () => {
  test.each<[string, Signing, Partial<OutgoingRequest>]>([
    ['a text body', lambda, {}],
    ['bytes', lambda, { body: new Uint8Array([0, 255, 128]) }],
    ['no body', { region: 'us-east-1', service: 'sqs' }, { method: 'GET', body: undefined }],
    ['a session token', { ...lambda, token: 'FwoGZXIvYXdzEXAMPLE//+=' }, {}],
    ['a query to be sorted', lambda, { url: 'https://a.example/?b=2&a=1&a=0&c=x%20y' }],
    ['a path to be escaped', lambda, { url: 'https://a.example/2015-03-31/functions/f%3Aprod/invocations' }],
    ['a port', { region: 'eu-west-1', service: 'execute-api' }, { url: 'https://a.example:8443/x' }],
    ['EventBridge', { region: 'us-east-1', service: 'events' }, { url: 'https://events.example/' }],
  ])('for %s', async (_what, signing, changes) => {
    const request = { ...REQUEST, ...changes }
    const { headers } = await ours(signing, request)
    expect(headers['authorization']).toBe(await theirs(signing, request))
    expect(headers['authorization']).toContain(`/${signing.region}/${signing.service}/aws4_request`)
  })
})

test('the request is otherwise as it was, with its date, and without a host of its own', async () => {
  const signed = await ours(lambda, REQUEST)
  expect(signed).toEqual({
    ...REQUEST,
    headers: {
      ...REQUEST.headers,
      'x-amz-date': '20260131T093000Z',
      authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260131\//) as unknown,
    },
  })
})

test('a session token is sent along', async () => {
  const { headers } = await ours({ ...lambda, token: 'session' }, REQUEST)
  expect(headers['x-amz-security-token']).toBe('session')
})

test('every secret is asked for at the start, a session token too', () => {
  const accessKeyId = secretOf('A', 'MANIFOLD_TEST_A')
  const secretAccessKey = secretOf('B', 'MANIFOLD_TEST_B')
  const sessionToken = secretOf('C', 'MANIFOLD_TEST_C')
  const options = { accessKeyId, secretAccessKey, ...lambda }
  expect(awsSignatureV4(options).secrets).toEqual([accessKeyId, secretAccessKey])
  expect(awsSignatureV4({ ...options, sessionToken }).secrets).toEqual([
    accessKeyId,
    secretAccessKey,
    sessionToken,
  ])
})
