import type { Auth } from '@manifold/domain'
import { AwsV4Signer } from 'aws4fetch'
import type { Secret } from '../secret.ts'

export type AwsSignatureV4Options = {
  readonly accessKeyId: Secret
  readonly secretAccessKey: Secret
  readonly sessionToken?: Secret
  readonly region: string
  /** `lambda`, `execute-api`, `sqs`, `events` … */
  readonly service: string
}

/** AWS Signature Version 4 over method, URL, body and every header but those that proxies change. */
export function awsSignatureV4(options: AwsSignatureV4Options): Auth {
  const { accessKeyId, secretAccessKey, sessionToken, region, service } = options
  return {
    kind: 'aws-signature-v4',
    secrets: [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])],
    authenticate: async (request, { nowMs }) => {
      const signer = new AwsV4Signer({
        method: request.method,
        url: request.url,
        headers: request.headers,
        ...(request.body === undefined ? {} : { body: bodyOf(request.body) }),
        accessKeyId: accessKeyId.reveal(),
        secretAccessKey: secretAccessKey.reveal(),
        ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
        region,
        service,
        datetime: new Date(nowMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
      })
      const signed = await signer.sign()
      // `host` is the connection's to send; it is signed with the value the URL gives.
      const headers = Object.fromEntries([...signed.headers].filter(([name]) => name !== 'host'))
      return { ...request, url: signed.url.href, headers }
    },
  }
}

function bodyOf(body: string | Uint8Array): string | ArrayBuffer {
  return typeof body === 'string' ? body : Uint8Array.from(body).buffer
}
