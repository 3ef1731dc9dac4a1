/** The CloudEvent that examples send. */
export const CLOUD_EVENT = {
  specversion: '1.0',
  id: 'C1',
  source: '/shops/7',
  type: 'order.placed',
  time: '2026-01-31T09:30:00Z',
  tenant: 'acme',
  data: { orderId: 'C1', total: 12.5 },
} as const
