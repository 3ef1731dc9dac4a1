/**
 * Targets with every kind of authentication, and their secrets: for the test that no secret shows. Those values are in the
 * environment as soon as this is imported.
 */
import { generateKeyPairSync } from 'node:crypto'
import {
  apiKey,
  awsSignatureV4,
  basic,
  bearer,
  custom,
  jwtBearer,
  mutualTls,
  oauth2ClientCredentials,
  permanent,
  secret,
  standardWebhooks,
  standardWebhooksEd25519,
  type TargetDefinition,
} from '@manifold/config'
import { makeAuthority } from './certificates.ts'
import { QUICK } from './conformance.ts'
import type { Received, Reply } from './scripted-api.ts'

export const base64 = (text: string) => Buffer.from(text).toString('base64')

export const authority = await makeAuthority('our CA')
const client = await authority.issue('shop')
/** The certificate of the API that asks for one. */
export const local = await authority.issue('api', { ips: ['127.0.0.1'] })

export const SECRETS = {
  HIDE_BEARER: 'bearer-tok.88/42+x==',
  HIDE_PASSWORD: 'pa:ss "wörd" 8842',
  HIDE_HEADER_KEY: 'header-key&8842',
  HIDE_QUERY_KEY: 'query key/+8842',
  HIDE_CLIENT: 'client/s3cret+8842%',
  HIDE_AWS_ID: 'AKIAHIDE8842EXAMPLE',
  HIDE_AWS_KEY: 'wJalrXUtnFEMI/K7MDENG+8842EXAMPLEKEY',
  HIDE_AWS_SESSION: 'session/token8842==',
  HIDE_WEBHOOK: `whsec_${base64('the secret of webhooks, 8842')}`,
  HIDE_ED25519: `whsk_${base64('32 bytes of ed25519 seed, 8842..')}`,
  HIDE_JWT_KEY: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }),
  HIDE_TLS_CERTIFICATE: client.certificate,
  HIDE_TLS_KEY: client.privateKey,
  HIDE_CUSTOM: 'custom-proof-8842',
  HIDE_STATIC: 'static-header-8842',
  HIDE_PATH: 'path-secret-8842',
  HIDE_SDK: 'sdk-key-8842',
  HIDE_SOURCE: 'source-secret-8842',
  HIDE_CALLBACK: `whsec_${base64('the secret of callbacks, 8842')}`,
} as const
/** What a token endpoint gives. */
export const TOKEN = 'fetched-token-8842-abcdef'

Object.assign(process.env, SECRETS)

export const hidden = (name: keyof typeof SECRETS) => secret(name)

/** As a target that tells too much: the secret itself, then what it received. */
export function refusal(status: number, told = '') {
  return ({ method, path, headers, body }: Received): Reply => ({
    status,
    headers: {
      'content-type': 'text/plain',
      'x-request-id': 'of-the-target',
      'x-echo': String(headers.authorization),
    },
    body: `refused: ${told} ${JSON.stringify({ method, path, headers, body: body.toString() })}`,
  })
}

/**
 * A target of every kind of authentication.
 * @param at where they are: an API, and one that asks for a certificate
 */
export function targetsAt(at: { readonly url: string; readonly tlsUrl: string }): TargetDefinition[] {
  const { url, tlsUrl } = at
  const oauth = { tokenUrl: `${url}/token`, clientId: 'shop', clientSecret: hidden('HIDE_CLIENT') }
  const http = { ...QUICK, subscribe: ['**'] }
  return [
    { ...http, name: 'bearer', url: `${url}/bearer`, auth: bearer(hidden('HIDE_BEARER')) },
    { ...http, name: 'basic', url: `${url}/basic`, auth: basic('shop', hidden('HIDE_PASSWORD')) },
    {
      ...http,
      name: 'header-key',
      url: `${url}/header-key`,
      auth: apiKey({ header: 'x-key' }, hidden('HIDE_HEADER_KEY')),
    },
    {
      ...http,
      name: 'query-key',
      url: `${url}/query-key?page=1`,
      auth: apiKey({ query: 'key' }, hidden('HIDE_QUERY_KEY')),
    },
    { ...http, name: 'oauth', url: `${url}/oauth`, auth: oauth2ClientCredentials(oauth) },
    {
      ...http,
      name: 'oauth-refused',
      url: `${url}/never`,
      auth: oauth2ClientCredentials({ ...oauth, tokenUrl: `${url}/no-token`, clientAuthentication: 'post' }),
    },
    {
      ...http,
      name: 'aws',
      url: `${url}/aws`,
      auth: awsSignatureV4({
        accessKeyId: hidden('HIDE_AWS_ID'),
        secretAccessKey: hidden('HIDE_AWS_KEY'),
        sessionToken: hidden('HIDE_AWS_SESSION'),
        region: 'eu-west-1',
        service: 'execute-api',
      }),
    },
    { ...http, name: 'webhook', url: `${url}/webhook`, auth: standardWebhooks(hidden('HIDE_WEBHOOK')) },
    {
      ...http,
      name: 'ed25519',
      url: `${url}/ed25519`,
      auth: standardWebhooksEd25519(hidden('HIDE_ED25519')),
    },
    {
      ...http,
      name: 'jwt',
      url: `${url}/jwt`,
      auth: jwtBearer({
        privateKey: hidden('HIDE_JWT_KEY'),
        algorithm: 'ES256',
        issuer: 'shop',
        audience: 'crm',
      }),
    },
    ...['jwt-exchanged', 'jwt-refused'].map((name) => ({
      ...http,
      name,
      url: `${url}/${name}`,
      auth: jwtBearer({
        privateKey: hidden('HIDE_JWT_KEY'),
        algorithm: 'ES256',
        issuer: 'shop',
        audience: 'crm',
        tokenUrl: name === 'jwt-refused' ? `${url}/no-token` : `${url}/token`,
      }),
    })),
    {
      ...http,
      name: 'mutual-tls',
      url: `${tlsUrl}/mutual-tls`,
      tls: { ca: authority.certificate },
      auth: mutualTls({
        certificate: hidden('HIDE_TLS_CERTIFICATE'),
        privateKey: hidden('HIDE_TLS_KEY'),
      }),
    },
    {
      ...http,
      name: 'custom',
      url: `${url}/custom`,
      headers: { 'x-static': SECRETS.HIDE_STATIC, 'x-read': hidden('HIDE_STATIC').reveal() },
      auth: custom(
        (request) => ({
          ...request,
          headers: { ...request.headers, 'x-proof': `v1 ${hidden('HIDE_CUSTOM').reveal()}` },
        }),
        hidden('HIDE_CUSTOM'),
      ),
    },
    {
      ...http,
      name: 'custom-throws',
      url: `${url}/never`,
      auth: custom(() => {
        throw new Error(`the vault does not know "${hidden('HIDE_CUSTOM').reveal()}"`)
      }),
    },
    { ...http, name: 'in-path', url: `${url}/hook/${hidden('HIDE_PATH').reveal()}` },
    {
      ...http,
      name: 'classified',
      url: `${url}/bearer`,
      auth: bearer(hidden('HIDE_BEARER')),
      classify: (response) => permanent(response.text.slice(0, 60)),
    },
    {
      ...http,
      name: 'captured',
      url: `${url}/captured`,
      captureResponse: true,
      auth: oauth2ClientCredentials(oauth),
    },
    {
      ...QUICK,
      name: 'sdk',
      subscribe: ['**'],
      handle: (_event, { logger }) => {
        const key = hidden('HIDE_SDK').reveal()
        logger.info({ key, client: { options: [key] } }, `calling with ${key}`)
        throw new Error(`the SDK says: 401 for key ${key}`)
      },
    },
  ]
}
