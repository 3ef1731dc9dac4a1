/**
 * Bundles: several deliveries of one target that share a job. Most of a job's cost is the queue's bookkeeping, so under
 * load it is shared; an idle system has one delivery in each job.
 *
 * A bundle has no state of its own: every delivery in it is claimed, settled, retried and buried by itself. One that has
 * to wait leaves for a job of its own, and the bundle's job ends with its last delivery.
 */
import { hash } from 'node:crypto'
import type { DeliveryRef, Target } from '@manifold/domain'

/** Beyond this the shared cost is small against the deliveries' own, and a crash would put more of them in doubt. */
export const MAX_BUNDLE = 20

const ID_PREFIX = 'bundle-'
const ID_LENGTH = 22

/** Whether BullMQ has to count the target's deliveries, and so must see each as a job of its own. */
export function isCountedByJob(target: Partial<Pick<Target, 'rateLimit' | 'maxConcurrency'>>): boolean {
  return target.rateLimit !== undefined || target.maxConcurrency !== undefined
}

/**
 * How many deliveries of a target one job may carry: at most half of what one worker works on at once, so that a bundle
 * never waits in a busy worker for what another one could begin.
 */
export function bundleSizeOf(
  target: Pick<Target, 'concurrency'> & Partial<Pick<Target, 'rateLimit' | 'maxConcurrency'>>,
): number {
  return isCountedByJob(target) ? 1 : Math.min(MAX_BUNDLE, Math.ceil(target.concurrency / 2))
}

/** Splits deliveries of one target into as few groups as fit, alike in size. */
export function intoBundles(refs: readonly DeliveryRef[], size: number): DeliveryRef[][] {
  const each = Math.ceil(refs.length / Math.ceil(refs.length / size))
  const bundles: DeliveryRef[][] = []
  for (let at = 0; at < refs.length; at += each) bundles.push(refs.slice(at, at + each))
  return bundles
}

/** The same deliveries give the same id: adding a bundle twice is adding it once. */
export function bundleIdOf(refs: readonly DeliveryRef[]): string {
  const members = refs.map((ref) => `${ref.eventId}.${String(ref.generation)}`).join(' ')
  return `${ID_PREFIX}${hash('sha256', members, 'base64url').slice(0, ID_LENGTH)}`
}

/** An event's id may begin so, too; what follows differs, as a single delivery's job ends with its generation. */
export function isBundleId(jobId: string): boolean {
  return jobId.startsWith(ID_PREFIX) && !jobId.includes('.')
}
