/**
 * Alternating: A B A B …, so that what changes slowly on a machine (heat, neighbours, page cache) hits both sides alike.
 */

/** Runs both sides in turn, `rounds` times each. */
export async function alternate<A, B>(
  rounds: number,
  first: (round: number) => Promise<A>,
  second: (round: number) => Promise<B>,
): Promise<{ readonly first: readonly A[]; readonly second: readonly B[] }> {
  const results = { first: new Array<A>(), second: new Array<B>() }
  for (let round = 1; round <= rounds; round++) {
    results.first.push(await first(round))
    results.second.push(await second(round))
  }
  return results
}
