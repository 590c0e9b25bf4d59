import type { ModdleElement } from './moddle-element.js';

/** What makes an event happen, or what it brings about. */
export interface EventTrigger {
  /** BPMN type of the definition without prefix and suffix: `timer`, `message`, `error`, `link`. */
  readonly kind: string;
  /** When it is (`PT24H`), or what it is named; null when the file does not say. */
  readonly detail: string | null;
}

/** Trigger of an event; undefined for one that has none, and for nodes that are no events. */
export function triggerOf(element: ModdleElement): EventTrigger | undefined {
  const definitions: ModdleElement[] = element.eventDefinitions ?? [];
  const [first] = definitions;
  if (first === undefined) return undefined;
  const kinds = definitions.map(kindOf).join(' and ');
  const details = definitions.flatMap((definition) => detailOf(definition) ?? []);
  return { kind: kinds, detail: details.length === 0 ? null : details.join(' and ') };
}

function kindOf({ $type }: ModdleElement): string {
  const local = $type.slice($type.indexOf(':') + 1).replace(/EventDefinition$/, '');
  return local.charAt(0).toLowerCase() + local.slice(1);
}

function detailOf(definition: ModdleElement): string | undefined {
  const { timeDuration, timeDate, timeCycle, condition, name } = definition;
  const expression = [timeDuration, timeDate, timeCycle, condition].find((one) => one?.body)?.body;
  const referred = [
    definition.messageRef,
    definition.signalRef,
    definition.errorRef,
    definition.escalationRef,
    definition.activityRef,
  ].find((one) => one !== undefined);
  const text: string | undefined = expression ?? referred?.name ?? referred?.id ?? name;
  return text?.replace(/\s+/g, ' ').trim() || undefined;
}
