/**
 * The store's scripts and a model of what they mean (test/support/event-life) live through the same random events, with
 * repeats and late arrivals of every step. After each step the answer, and everything in Redis, must be what was meant.
 */
import { test } from 'vitest'
import { liveThrough } from '../support/event-life/commands.ts'
import { useTestStore } from '../support/use-test-store.ts'

/** A failure names its own; the same sequences each time, so that a change is what makes it fail. */
const SEED = 20_260
const RUNS = 150

const store = useTestStore()

test('the scripts do to every event what the model says, whatever is repeated, late or out of order', async () => {
  await liveThrough(store, SEED, RUNS)
}, 120_000)
