/** The same numbers from 0 up to 1 for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** INTENDANT_TEST_SEED, else one that nobody knows. Print it, so that a failure can be repeated. */
export const chosenSeed = (): number =>
  Number(process.env['INTENDANT_TEST_SEED'] ?? 1 + Math.floor(Math.random() * 2_147_483_645));
