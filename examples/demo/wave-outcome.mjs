/**
 * Where the policies of a wave are, and that each was moved once.
 * @param {readonly import('@intendant/client').EventRecord[]} records
 */
export function tellPolicies({ printer, expectations }, systems, records, executionId) {
  const wave = records.find(({ data }) => data.artifact?.resultType === 'wave')?.data.artifact;
  for (const { place, policies } of systems.placesOf(wave?.artifactId ?? ''))
    printer.entry('policies', `${policies} ${place}`);
  const { migratedTwice, withoutSingleOwner, effects } = systems.inspect();
  const ours = effects.filter((effect) => effect.executionId === executionId);
  const once = migratedTwice.length === 0 && new Set(ours.map(({ stepId }) => stepId)).size === ours.length;
  const told = once ? printer.good('no policy was migrated twice') : printer.bad(`MIGRATED TWICE: ${migratedTwice}`);
  printer.entry('effects', `${ours.length}, one for each step; ${told}`);
  expectations.expect(once, 'no policy was migrated twice');
  expectations.expect(withoutSingleOwner.length === 0, 'every policy has one owner');
}
