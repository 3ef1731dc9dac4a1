import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { openLane, readAnswer } from './lane.ts'

const ANSWER = 'HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\nX-A: 1\r\n\r\nabcd'

test('an answer is read when all of it is there, and not before', () => {
  for (let end = 0; end < ANSWER.length; end++)
    expect(readAnswer(Buffer.from(ANSWER.slice(0, end)))).toBeUndefined()
  expect(readAnswer(Buffer.from(ANSWER))).toEqual({ status: 202, body: 'abcd' })
})

test('an answer without a body is read at the end of its headers', () => {
  expect(readAnswer(Buffer.from('HTTP/1.1 204 No Content\r\n\r\n'))).toEqual({ status: 204, body: '' })
})

test('a lane sends what it is given, one request after the other over one connection', async () => {
  const ports = new Set<number | undefined>()
  const server = createServer((request, response) => {
    ports.add(request.socket.remotePort)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = `${request.url ?? ''} ${Buffer.concat(chunks).toString()}`
      response.writeHead(202, { 'content-length': Buffer.byteLength(body) }).end(body)
    })
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const lane = await openLane(`http://127.0.0.1:${String(port)}`)
  expect(await lane.post('/a', '{"x":"é"}')).toEqual({ status: 202, body: '/a {"x":"é"}' })
  expect(await lane.post('/b', '1')).toEqual({ status: 202, body: '/b 1' })
  expect(ports.size).toBe(1)
  lane.close()
  server.close()
})

test('a lane whose server goes away says so', async () => {
  const server = createServer((request) => request.socket.destroy())
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const lane = await openLane(`http://127.0.0.1:${String(port)}`)
  await expect(lane.post('/', '1')).rejects.toThrow(/ended|ECONNRESET/)
  lane.close()
  server.close()
})
