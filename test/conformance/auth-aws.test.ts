/** AWS Signature Version 4, computed anew by an independent implementation from what the server received. */
import { Sha256 } from '@aws-crypto/sha256-js'
import { awsSignatureV4, secret } from '@manifold/config'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deliver, QUICK, setStage, type Stage } from '../support/conformance.ts'
import type { Received } from '../support/scripted-api.ts'

process.env['AWS_TEST_ID'] = 'AKIAIOSFODNN7EXAMPLE'
process.env['AWS_TEST_KEY'] = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
process.env['AWS_TEST_SESSION'] = 'session/token=='

const options = {
  accessKeyId: secret('AWS_TEST_ID'),
  secretAccessKey: secret('AWS_TEST_KEY'),
  region: 'eu-west-1',
  service: 'execute-api',
}
const REQUESTS = [
  { name: 'json' },
  { name: 'session', session: true },
  { name: 'query', path: '?b=2&a=1&a=0&empty=&text=a%20b%2Bc~%C3%BC' },
  { name: 'path', path: '/a%20b/%C3%BC/x~y*z/(1)' },
  { name: 'bytes', body: () => new Uint8Array([0, 255, 10]) },
  { name: 'put', method: 'PUT' as const },
  { name: 'get', method: 'GET' as const },
  { name: 'lambda', service: 'lambda' },
  { name: 'headers', headers: { 'x-amz-invocation-type': 'Event', 'x-tenant': '  a   b  ' } },
]
let stage: Stage

beforeAll(async () => {
  stage = await setStage((server) =>
    REQUESTS.map(({ name, path = '', session, service, ...rest }) => ({
      ...QUICK,
      name,
      url: `${server.url}/${name}${path}`,
      ...rest,
      auth: awsSignatureV4({
        ...options,
        ...(service === undefined ? {} : { service }),
        ...(session === true ? { sessionToken: secret('AWS_TEST_SESSION') } : {}),
      }),
    })),
  )
})

afterAll(() => stage.close())

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/

/** The Authorization header that the request should have, by what it has else. */
async function recompute(request: Received, secretAccessKey: string): Promise<string | undefined> {
  const [, accessKeyId = '', , region = '', service = '', names = ''] =
    AUTHORIZATION.exec(String(request.headers.authorization)) ?? []
  const signed = names.split(';')
  const date = String(request.headers['x-amz-date'])
  const url = new URL(request.path, stage.server.url)
  const query: Record<string, string[]> = {}
  for (const [name, value] of url.searchParams) (query[name] ??= []).push(value)
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey },
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
  })
  const again = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      query,
      headers: Object.fromEntries(signed.map((name) => [name, String(request.headers[name])])),
      body: request.body,
    },
    {
      signingDate: new Date(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')),
      signableHeaders: new Set(signed),
    },
  )
  return again.headers['authorization']
}

test.each(REQUESTS)(
  '$name: the signature is the one that AWS computes',
  async ({ name, service, session }) => {
    expect(await deliver(stage.system.api, name, { total: 'grün €' })).toMatchObject({ status: 'delivered' })
    const [request] = stage.server.received().filter((one) => one.path.split(/[/?]/)[1] === name)
    if (request === undefined) throw new Error('no request')
    const { authorization } = request.headers
    expect(authorization).toContain(`/eu-west-1/${service ?? 'execute-api'}/aws4_request`)
    expect(authorization).toBe(await recompute(request, String(process.env['AWS_TEST_KEY'])))
    expect(authorization).not.toBe(await recompute(request, 'another key'))
    expect(AUTHORIZATION.exec(String(authorization))?.[5]?.split(';')).toEqual(
      expect.arrayContaining(['host', 'x-amz-date', ...(session === true ? ['x-amz-security-token'] : [])]),
    )
    expect(request.headers['x-amz-security-token']).toBe(
      session === true ? process.env['AWS_TEST_SESSION'] : undefined,
    )
  },
)

test('a retry is signed anew', async () => {
  stage.server.on('/json', { status: 500 }, { status: 200 })
  expect(await deliver(stage.system.api, 'json')).toMatchObject({ status: 'delivered', attempts: 2 })
  for (const request of stage.server.received('/json').slice(-2)) {
    expect(request.headers.authorization).toBe(await recompute(request, String(process.env['AWS_TEST_KEY'])))
  }
})
