/** What to type next: commands that can be pasted as they stand. */
import { SAMPLE_JSON, type SampleResult } from './sample.ts'

export type GuideInput = {
  readonly producerUrl: string
  readonly sandboxUrl: string
  readonly redisUrl: string
  readonly sample: SampleResult | undefined
}

/** The text that `npm start` ends its start with. */
export function guide({ producerUrl, sandboxUrl, redisUrl, sample }: GuideInput): string {
  const event = sample?.eventId ?? '<event id>'
  const dead = sample?.deadLetter
  const lines = [
    '',
    'Manifold is running. In another terminal:',
    '',
    '# post an event',
    `curl -s ${producerUrl}/v1/events -H 'content-type: application/json' -d '${SAMPLE_JSON}'`,
    '',
    '# look at its status',
    `curl -s ${producerUrl}/v1/events/${event}`,
    '',
    '# list the dead letters',
    `curl -s ${producerUrl}/v1/admin/dead-letters`,
    '',
    ...(dead === undefined
      ? []
      : [
          `# heal ${dead.target}, replay its dead letter, and see the same Idempotency-Key arrive there again`,
          `curl -s -X PUT ${sandboxUrl}/targets/${dead.target}/behaviour -H 'content-type: application/json' -d '{"path":"/ok"}'`,
          `curl -s -X POST ${producerUrl}/v1/admin/dead-letters/${dead.id}/replay`,
          `curl -s '${sandboxUrl}/received?target=${dead.target}'`,
          '',
        ]),
    '# one more worker',
    `REDIS_URL=${redisUrl} SANDBOX_URL=${sandboxUrl} PORT=0 npm run worker -- --target ${dead?.target ?? '<target>'}`,
    '',
    'Ctrl-C stops everything; the next start finds these events again.',
    '',
  ]
  return lines.join('\n')
}
