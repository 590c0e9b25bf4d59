import {
  type CapabilityDefinition,
  type Failure,
  failure,
  type ParticipantRegistration,
  type RegistrySnapshot,
  realmOf,
} from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { addressFault } from './address-check.js';
import { capabilityKey, definitionOf } from './capability-identity.js';
import { contractBreaks } from './contract-compatibility.js';
import { ContractCompiler } from './contract-compiler.js';
import { CROSS_REALM } from './registry-index.js';

/** Whom the certificate of the registering process speaks for. */
export interface CallerIdentity {
  readonly service: string;
  readonly realms: readonly string[];
}

export type RegistrationRule =
  | 'malformed'
  | 'address_not_secure'
  | 'service_not_certified'
  | 'realm_not_certified'
  | 'intents_differ'
  | 'capability_repeated'
  | 'outside_realm'
  | 'contract_missing'
  | 'contract_does_not_compile'
  | 'owned_by_other_service'
  | 'version_content_changed'
  | 'contract_incompatible'
  | 'intent_answered_elsewhere'
  | `plan_${string}`;

/** One rule that a registration breaks; `field` is a JSON Pointer into the registration. */
export interface RegistrationRefusal {
  readonly rule: RegistrationRule;
  readonly detail: string;
  readonly field: string;
}

const compiler = new ContractCompiler();

/** Another spelling of a version would be the same version with a content of its own. */
const LEADING_ZERO = /(^|\.)0\d/;

/** Everything that is wrong with a registration, given what is registered; empty when it may be accepted. */
export function checkRegistration(
  registration: ParticipantRegistration,
  existing: Pick<RegistrySnapshot, 'capabilities' | 'instances'>,
  caller: CallerIdentity,
  mode: 'production' | 'lab' = 'production',
): readonly RegistrationRefusal[] {
  if (registration.service !== caller.service) {
    // nothing else is told to a caller that registers for somebody else
    return [refusal('service_not_certified', `the certificate names ${caller.service}`, '/service')];
  }
  return [
    ...checkAddress(registration, mode),
    ...checkIntents(registration),
    ...registration.capabilities.flatMap((capability, position) => {
      const at = `/capabilities/${position}`;
      return [
        ...checkRealm(capability, caller, at),
        ...checkContracts(capability, at),
        ...checkRepeated(capability, registration.capabilities.slice(0, position), at),
        ...checkHistory(capability, registration.service, existing, at),
        ...checkAnsweredOnce(capability, registration, existing, at),
        ...checkTakenOver(capability, registration, existing, at),
      ];
    }),
  ];
}

/** The refusals as one failure that names all of them. */
export const registrationFailure = (refusals: readonly RegistrationRefusal[]): Failure =>
  failure(codeOf(refusals), refusals.map((one) => `${one.field}: ${one.detail} (${one.rule})`).join('; '), {
    extra: { refusals },
  });

function checkAddress(
  { address }: ParticipantRegistration,
  mode: 'production' | 'lab',
): readonly RegistrationRefusal[] {
  const fault = addressFault(address, mode);
  return fault === null ? [] : [refusal('address_not_secure', fault, '/address/url')];
}

function checkIntents(registration: ParticipantRegistration): readonly RegistrationRefusal[] {
  const supported = new Set(registration.supportedIntents);
  const covered = new Set(registration.capabilities.flatMap((capability) => capability.intents));
  const differing = [...supported, ...covered].filter(
    (intentType) => !(supported.has(intentType) && covered.has(intentType)),
  );
  if (differing.length === 0) return [];
  return [
    refusal(
      'intents_differ',
      `not both supported and covered by a capability: ${differing.sort().join(', ')}`,
      '/supportedIntents',
    ),
  ];
}

function checkRealm(
  capability: CapabilityDefinition,
  caller: CallerIdentity,
  at: string,
): readonly RegistrationRefusal[] {
  const { name, realm, intents } = capability;
  const found: RegistrationRefusal[] = [];
  if (!caller.realms.includes(realm))
    found.push(refusal('realm_not_certified', `the certificate does not name realm ${realm}`, `${at}/realm`));
  if (realmOf(name) !== realm && realmOf(name) !== CROSS_REALM)
    found.push(refusal('outside_realm', `${name} is not a name of realm ${realm}`, `${at}/name`));
  for (const intentType of intents) {
    if (realmOf(intentType) === realm || realmOf(intentType) === CROSS_REALM) continue;
    found.push(refusal('outside_realm', `${intentType} is not an intent of realm ${realm}`, `${at}/intents`));
  }
  return found;
}

function checkContracts(capability: CapabilityDefinition, at: string): readonly RegistrationRefusal[] {
  return (['inputContract', 'outputContract'] as const).flatMap((part) => {
    const contract = capability[part];
    if (Object.keys(contract).length === 0)
      return [refusal('contract_missing', 'an empty schema is no contract', `${at}/${part}`)];
    const compiled = compiler.compile(contract);
    if (compiled.ok) return [];
    return [refusal('contract_does_not_compile', compiled.error.message, `${at}/${part}${compiled.error.pointer}`)];
  });
}

function checkRepeated(
  capability: CapabilityDefinition,
  earlier: readonly CapabilityDefinition[],
  at: string,
): readonly RegistrationRefusal[] {
  const repeats = earlier.some((other) => capabilityKey(other) === capabilityKey(capability));
  const breaks = earlier
    .filter((other) => other.name === capability.name)
    .flatMap((other) => incompatible(capability, other, at));
  return [
    ...(repeats ? [refusal('capability_repeated', `${capabilityKey(capability)} is listed twice`, at)] : []),
    ...breaks,
  ];
}

function checkHistory(
  capability: CapabilityDefinition,
  service: string,
  existing: Pick<RegistrySnapshot, 'capabilities'>,
  at: string,
): readonly RegistrationRefusal[] {
  const sameName = existing.capabilities.filter((known) => known.name === capability.name);
  const foreign = sameName.find((known) => known.service !== service);
  if (foreign !== undefined)
    return [refusal('owned_by_other_service', `${capability.name} belongs to another service`, `${at}/name`)];
  // one that stands there from before is still served, and found, as it was written
  const isNew = sameName.every((known) => known.version !== capability.version);
  if (isNew && LEADING_ZERO.test(capability.version))
    return [refusal('malformed', 'a version has no leading zeros: it has one spelling', `${at}/version`)];
  const digest = digestOf(capability);
  return sameName.flatMap((known) => {
    if (known.version !== capability.version) return incompatible(capability, known, at);
    // a field that the model gained since has its default on both sides, whatever the digest of that time says
    if (known.digest === digest || digestOf(definitionOf(known)) === digest) return [];
    return [
      refusal('version_content_changed', `${capabilityKey(known)} is registered with other content`, `${at}/version`),
    ];
  });
}

function incompatible(
  capability: CapabilityDefinition,
  known: CapabilityDefinition,
  at: string,
): readonly RegistrationRefusal[] {
  return contractBreaks(known, capability).map((found) =>
    refusal(
      'contract_incompatible',
      `incompatible with ${capabilityKey(known)}: ${found.message}`,
      `${at}/${found.part}${found.pointer}`,
    ),
  );
}

/** What others may still register is worth asking for again; any other rule is final. */
const codeOf = (refusals: readonly RegistrationRefusal[]): Failure['code'] =>
  refusals.every((one) => one.rule === 'plan_contract_missing') ? 'registration_pending' : 'registration_refused';

/** Outside `cross_realm.*` one capability answers an intent: the Runtime chooses no route. */
function checkAnsweredOnce(
  capability: CapabilityDefinition,
  registration: ParticipantRegistration,
  existing: Pick<RegistrySnapshot, 'capabilities' | 'instances'>,
  at: string,
): readonly RegistrationRefusal[] {
  const served = new Set(
    existing.instances
      .filter((instance) => instance.service !== registration.service && !instance.draining)
      .flatMap((instance) => instance.serves),
  );
  const others = [
    ...registration.capabilities,
    ...existing.capabilities.filter(
      (known) => known.service !== registration.service && served.has(capabilityKey(known)),
    ),
  ].filter((other) => other.name !== capability.name);
  return capability.intents.flatMap((intentType) => {
    if (realmOf(intentType) === CROSS_REALM) return [];
    const other = others.find((candidate) => candidate.intents.includes(intentType));
    return other === undefined
      ? []
      : [refusal('intent_answered_elsewhere', `${intentType} is answered by ${capabilityKey(other)}`, `${at}/intents`)];
  });
}

/**
 * A service may give its capability another name while instances with the old one live: what takes their intents over has
 * to keep their contract, as a newer version would.
 */
function checkTakenOver(
  capability: CapabilityDefinition,
  { service, instanceId }: ParticipantRegistration,
  existing: Pick<RegistrySnapshot, 'capabilities' | 'instances'>,
  at: string,
): readonly RegistrationRefusal[] {
  const served = new Set(
    existing.instances
      .filter((instance) => instance.service === service && instance.instanceId !== instanceId && !instance.draining)
      .flatMap((instance) => instance.serves),
  );
  return existing.capabilities
    .filter((known) => known.name !== capability.name && served.has(capabilityKey(known)))
    .filter((known) => known.intents.some((type) => realmOf(type) !== CROSS_REALM && capability.intents.includes(type)))
    .flatMap((known) => incompatible(capability, { ...known, intents: [] }, at));
}

const refusal = (rule: RegistrationRule, detail: string, field: string): RegistrationRefusal => ({
  rule,
  detail,
  field,
});
