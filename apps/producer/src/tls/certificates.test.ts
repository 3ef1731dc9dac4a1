import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@manifold/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeAuthority, type Authority } from '../../../../test/support/certificates.ts'
import { eventually } from '../../../../test/support/eventually.ts'
import { openCertificates } from './certificates.ts'

const directory = mkdtempSync(join(tmpdir(), 'manifold-certificates-'))
const inDirectory = (name: string) => join(directory, name)
let authority: Authority

beforeAll(async () => {
  authority = await makeAuthority('Servers')
})

afterAll(() => {
  rmSync(directory, { recursive: true })
})

async function put(name: string): Promise<string> {
  const { certificate, privateKey } = await authority.issue(name)
  writeFileSync(inDirectory(`${name}.pem`), `${certificate}\n${privateKey}`)
  return inDirectory(`${name}.pem`)
}

test('files that change are noticed, also where the path is a link that then leads elsewhere', async () => {
  const [one, other] = [await put('one'), await put('other')]
  const link = inDirectory('current.pem')
  symlinkSync(one, link)
  const files = { certificate: link, key: link, clientAuthority: undefined }
  const certificates = await openCertificates(files, createLogger('test', 'silent'), 10)
  const served: string[] = []
  certificates.serve({
    setSecureContext: ({ cert }) => {
      served.push(cert.toString())
    },
  })
  symlinkSync(other, inDirectory('next.pem'))
  renameSync(inDirectory('next.pem'), link)
  const isServed = (file: string) => () => served.at(-1) === readFileSync(file, 'utf8')
  await eventually('the other', isServed(other))
  rmSync(link)
  const current = await put('current')
  await eventually('the new file', isServed(current))
  await certificates.stop()
})
