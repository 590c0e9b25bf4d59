import { CapabilityDefinition } from '@intendant/intent-model';
import type { z } from 'zod';

/** A capability as it is written down: what has a default may be left out. */
export type CapabilityInput = z.input<typeof CapabilityDefinition>;

/** Capabilities that no registry would understand; the message names each of them and every place in it. */
export class MalformedCapability extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`malformed capabilities:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'MalformedCapability';
  }
}

/** The definitions with their defaults; throws {@link MalformedCapability}. */
export function definitionsOf(capabilities: readonly CapabilityInput[]): CapabilityDefinition[] {
  const problems: string[] = [];
  const definitions = capabilities.flatMap((capability, position) => {
    const parsed = CapabilityDefinition.safeParse(capability);
    if (parsed.success) return [parsed.data];
    const name = typeof capability.name === 'string' ? capability.name : `number ${position + 1}`;
    for (const { path, message } of parsed.error.issues)
      problems.push(`${name}: /${path.map(String).join('/')} ${message}`);
    return [];
  });
  if (problems.length > 0) throw new MalformedCapability(problems);
  return definitions;
}
