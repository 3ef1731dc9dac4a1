/** How much is fuzzed, and from where: the same in every `npm test`, another by `FUZZ_SEED` and `FUZZ_RUNS`. */
import type { Parameters } from 'fast-check'

const SEED = 20_261

/** What fast-check is told; a failure is printed shrunk, with its seed. @param runs unless `FUZZ_RUNS` says otherwise */
export function fuzzPlan(runs: number): Pick<Parameters, 'seed' | 'numRuns' | 'endOnFailure'> {
  return {
    seed: Number(process.env['FUZZ_SEED'] ?? SEED),
    numRuns: Number(process.env['FUZZ_RUNS'] ?? runs),
  }
}

/** The limit of a test that fuzzes so much. */
export const FUZZ_TIMEOUT_MS = 20_000 + Number(process.env['FUZZ_RUNS'] ?? 0) * 1_000
