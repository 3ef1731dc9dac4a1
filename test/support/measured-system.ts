/** A system in which everything that is measured has happened: deliveries that succeed, are retried, wait, and die. */
import { eventually } from './eventually.ts'
import { startSystem, type System } from './system.ts'

export type MeasuredSystem = {
  readonly system: System
  /** The address of each part. */
  readonly urls: Readonly<Record<'producer' | 'worker', string>>
  readonly close: () => Promise<void>
}

export async function startMeasuredSystem(): Promise<MeasuredSystem> {
  const system = await startSystem({
    withWorker: false,
    config: (sandboxUrl) => ({
      targets: [
        { name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/ok` },
        { name: 'billing', subscribe: ['**'], url: `${sandboxUrl}/t/billing/status/400` },
        { name: 'mail', subscribe: ['**'], url: `${sandboxUrl}/t/mail/status/500` },
        { name: 'search', subscribe: ['**'], url: `${sandboxUrl}/t/search/retry-after/1` },
      ],
    }),
  })
  const worker = await system.work()
  const { body } = await system.api.post({ type: 'order.placed', data: 1 })
  await system.api.post({ type: 'order.settled', data: 1, targets: ['crm'] })
  await eventually('something of every kind to happen', async () => {
    const { deliveries } = await system.api.event(body.id)
    return deliveries.every(({ attempts }) => attempts > 0) ? true : undefined
  })
  return {
    system,
    urls: { producer: system.url, worker: `http://127.0.0.1:${String(worker.port)}` },
    close: system.close,
  }
}

export async function scrape(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text()
}
