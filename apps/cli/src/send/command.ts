/** `manifold send`: many events from a file or a pipe. */
import { Command, InvalidArgumentError } from 'commander'
import { asksProducer, PATIENT_ATTEMPTS } from '../api/session.ts'
import type { SendOptions } from './send.ts'

export function sendCommand(): Command {
  const send = new Command('send')
    .description('send events: one JSON a line, or a JSON array, or one event')
    .argument('<file>', 'to read, or - for the input')
    .option(
      '-i, --idempotency-key <key>',
      'send the same again under the same key, and what was accepted is not accepted twice',
      idempotencyKey,
    )
    .option('--type <type>', 'what is read is data: each becomes an event of this type')
    .option('--dry-run', 'only check what would be sent')
  return asksProducer<SendOptions>(
    send,
    async (session, options, [file = '-']) => (await import('./send.ts')).sendFile(session, options, file),
    PATIENT_ATTEMPTS,
  )
}

/** It begins the ids of the events. */
function idempotencyKey(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$/.test(text))
    throw new InvalidArgumentError('use 1 to 100 of A-Z a-z 0-9 . _ ~ -, starting with a letter or digit')
  return text
}
