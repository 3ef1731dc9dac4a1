/** Where the events come from: a file or the input of the command, with how far it was read. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { unreadableFile } from '../unreadable-file.ts'

export type Source = {
  readonly chunks: AsyncIterable<Uint8Array>
  /** Of a file that is read; `undefined` where nobody knows. */
  readonly share: () => number | undefined
}

export type Opening =
  | { readonly kind: 'open'; readonly source: Source }
  | { readonly kind: 'unreadable'; readonly message: string }

/**
 * @param file a path, or `-`
 * @param signal ends the reading, also while nothing comes
 */
export async function openSource(file: string, signal: AbortSignal): Promise<Opening> {
  if (file === '-') return { kind: 'open', source: counted(process.stdin, 0, signal) }
  try {
    const facts = await stat(file)
    if (facts.isDirectory()) return { kind: 'unreadable', message: `"${file}" is a folder` }
    const stream = createReadStream(file)
    // Opened at once, so that what may not be read is told before anything is sent.
    await new Promise((resolve, reject) => {
      stream.once('open', resolve)
      stream.once('error', reject)
    })
    return { kind: 'open', source: counted(stream, facts.isFile() ? facts.size : 0, signal) }
  } catch (error) {
    return { kind: 'unreadable', message: unreadableFile(file, error) }
  }
}

function counted(stream: Readable, size: number, signal: AbortSignal): Source {
  signal.addEventListener('abort', () => {
    stream.destroy(signal.reason instanceof Error ? signal.reason : undefined)
  })
  let read = 0
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      read += chunk.length
      yield chunk
    }
  }
  return { chunks: chunks(), share: () => (size === 0 ? undefined : read / size) }
}
