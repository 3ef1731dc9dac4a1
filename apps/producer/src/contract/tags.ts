/** The groups that operations are shown in. */
export const TAGS = {
  events: 'Accept events and follow their life.',
  webhooks: 'Third parties’ webhooks in.',
  'dead letters': 'What could not be delivered: inspect it, replay it, discard it.',
  targets: 'The APIs that events go to: how they are doing, stop and go.',
  operation: 'For probes, scrapers and readers. No key is needed.',
} as const

export type Tag = keyof typeof TAGS
