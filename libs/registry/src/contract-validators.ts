import { err, ok, type Result } from '@intendant/kernel';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { ContractCompiler, type ContractFault, firstFault } from './contract-compiler.js';

/** The part of a registered capability that is validated against. */
export interface Contracts {
  readonly digest: string;
  readonly inputContract: object;
  readonly outputContract: object;
}

interface CompiledContracts {
  readonly input: ValidateFunction;
  readonly output: ValidateFunction;
}

/**
 * The compiled contracts of the capabilities in use, one compilation per capability digest. Compile when a snapshot
 * arrives ({@link learn}), so that no request ever waits for a compilation.
 */
export class ContractValidators {
  readonly #compiler = new ContractCompiler();
  readonly #compiled = new Map<string, CompiledContracts>();

  /** Compiles both contracts, or says which one does not compile and why. A known digest costs nothing. */
  learn(capability: Contracts): Result<void, ContractFault> {
    if (this.#compiled.has(capability.digest)) return ok(undefined);
    const input = this.#compiler.compile(capability.inputContract);
    if (!input.ok) return err({ ...input.error, pointer: `/inputContract${input.error.pointer}` });
    const output = this.#compiler.compile(capability.outputContract);
    if (!output.ok) return err({ ...output.error, pointer: `/outputContract${output.error.pointer}` });
    this.#compiled.set(capability.digest, { input: input.value, output: output.value });
    return ok(undefined);
  }

  /** Forgets what no snapshot and no live execution names any more. */
  keepOnly(digests: ReadonlySet<string>): void {
    for (const digest of this.#compiled.keys()) if (!digests.has(digest)) this.#compiled.delete(digest);
  }

  has(digest: string): boolean {
    return this.#compiled.has(digest);
  }

  /** First fault of an intent's payload, or null. Throws a RangeError for a digest that was not learnt. */
  validateInput(digest: string, payload: unknown): ContractFault | null {
    return firstFault(this.#of(digest).input, payload);
  }

  /** First fault of a result `{artifacts, events, stateChanges}`, or null. Throws like {@link validateInput}. */
  validateOutput(digest: string, result: unknown): ContractFault | null {
    return firstFault(this.#of(digest).output, result);
  }

  #of(digest: string): CompiledContracts {
    const compiled = this.#compiled.get(digest);
    if (compiled === undefined) throw new RangeError(`contracts of capability ${digest} were not learnt`);
    return compiled;
  }
}
