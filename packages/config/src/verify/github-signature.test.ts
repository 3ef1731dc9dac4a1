import { expect, test } from 'vitest'
import { secretOf } from '../../../../test/support/auth-request.ts'
import { expectEveryByteCounts, verdictOf, webhookOf } from '../../../../test/support/webhook.ts'
import { githubSignature } from './github-signature.ts'

// docs.github.com, "Validating webhook deliveries".
const SECRET = "It's a Secret to Everybody"
const WEBHOOK = webhookOf('Hello, World!', {
  'X-Hub-Signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  'X-GitHub-Delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
})

test("GitHub's documented example is genuine, and known again by its delivery", async () => {
  expect(await verdictOf(githubSignature(secretOf(SECRET)), WEBHOOK)).toMatchObject({
    kind: 'genuine',
    id: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  })
})

test('whatever byte is changed, it is refused', () =>
  expectEveryByteCounts(githubSignature(secretOf(SECRET)), WEBHOOK, ['X-Hub-Signature-256']))

test('the older header, signed with SHA-1, is not taken instead', async () => {
  const older = webhookOf('Hello, World!', {
    'X-Hub-Signature': 'sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59',
  })
  expect(await verdictOf(githubSignature(secretOf(SECRET)), older)).toEqual({
    kind: 'refused',
    reason: 'there is no X-Hub-Signature-256 header',
  })
})
