/** Claiming, by two jobs in three processes, and giving back. */
import type { DeliveryRef } from '@manifold/domain'
import { claimDeliveries, releaseDelivery, type ClaimResult } from '@manifold/store'
import fc from 'fast-check'
import type { Act, Choice } from './act.ts'
import { anyTarget, fenceOf, msOf, nameOf, pick, refOf, seldom, when } from './picks.ts'
import * as steps from './steps.ts'

const batch = fc.array(pick, { minLength: 1, maxLength: 3 })

export const claiming: fc.Arbitrary<Choice> = fc
  .record({
    target: anyTarget,
    picks: batch,
    by: fc.record({
      claimant: fc.constantFrom('job-a', 'job-a', 'job-a', 'job-b'),
      process: fc.constantFrom('p', 'q', 'r'),
      until: when,
      takesSuspects: seldom,
    }),
  })
  .map(({ target, picks, by }) => ({
    label: 'claim',
    actOn: (life) =>
      claimAct(
        target,
        picks.map((one) => refOf(life, target, one)),
        by,
      ),
  }))

function claimAct(target: string, refs: readonly DeliveryRef[], by: steps.Claiming): Act {
  return {
    label: `claim ${refs.map(nameOf).join(', ')} by ${JSON.stringify(by)}`,
    run: async (store, life) => {
      const terms = { ...by, claimMs: msOf(by.until), probeMs: msOf('later') }
      const answers = await claimDeliveries(store, target, refs, terms)
      return {
        real: answers.map(wordsOfClaim).join(', '),
        meant: refs.map((ref) => steps.claim(life, ref, by)).join(', '),
      }
    },
  }
}

function wordsOfClaim(claim: ClaimResult): string {
  switch (claim.kind) {
    case 'claimed':
      return `claimed ${String(claim.fence)} ${String(claim.attempts)} ${String(claim.spent)}`
    case 'terminal':
      return `terminal ${claim.status} ${claim.reason ?? '-'}`
    case 'suspect':
      return `suspect ${String(claim.crashes)}`
    case 'missing':
    case 'newer':
    case 'stale':
    case 'early':
    case 'held':
      return claim.kind
    default:
      return claim satisfies never
  }
}

export const releasing: fc.Arbitrary<Choice> = fc
  .record({ target: anyTarget, pick })
  .map(({ target, pick: one }) => ({
    label: 'release',
    actOn: (life) => {
      const ref = refOf(life, target, one)
      const fence = fenceOf(life, ref, one.fenceBack)
      return {
        label: `release ${nameOf(ref)} fence ${String(fence)}`,
        run: async (store, now) => {
          await releaseDelivery(store, ref, fence)
          steps.release(now, ref, fence)
          return { real: 'done', meant: 'done' }
        },
      }
    },
  }))
