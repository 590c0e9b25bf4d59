import { CapabilityDefinition, ParticipantResult } from '@intendant/intent-model';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const ajv = new Ajv2020({ strict: true, strictTypes: true, strictTuples: true, allErrors: true });
const compiled = new Map<object, ValidateFunction>();

/** Where a value breaks a JSON Schema; empty when it does not. */
export function violations(schema: object, value: unknown): string[] {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** The definition with its defaults; throws when it is not one, or when a contract is not strict JSON Schema. */
export function checkedCapability(definition: unknown): CapabilityDefinition {
  const capability = CapabilityDefinition.parse(definition);
  violations(capability.inputContract, {});
  violations(capability.outputContract, {});
  return capability;
}

/** Violations of a handler's result: of the form every result has and of what its capability promises. */
export function resultViolations(capability: { outputContract: object }, result: unknown): string[] {
  const { error } = ParticipantResult.safeParse(result);
  return [
    ...(error?.issues.map(({ path, message }) => `${path.join('/')} ${message}`) ?? []),
    ...violations(capability.outputContract, result),
  ];
}
