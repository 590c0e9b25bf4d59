/** sysexits(3) EX_CONFIG: what is wrong must be put right by whoever starts it; starting again cannot help. */
export const EXIT_CONFIGURATION = 78;

/** The lab will not start, for a reason its user can act on: shown as text, never as a stack trace. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';

  constructor(
    message: string,
    readonly exitCode: number = 1,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Everything wrong with the configuration, in one message. */
export class ConfigurationRefusal extends Refusal {
  override readonly name = 'ConfigurationRefusal';

  constructor(readonly problems: readonly string[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(
      `Intendant cannot start: ${count}\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
      EXIT_CONFIGURATION,
    );
  }
}

/** Another launcher holds the data directory. */
export class AlreadyRunning extends Refusal {
  override readonly name = 'AlreadyRunning';

  constructor(
    readonly dataDir: string,
    readonly pid: number,
    readonly url: string,
  ) {
    super(
      `Intendant is already running on ${dataDir}: pid ${pid}, ${url}\n` +
        `  Stop it with: kill ${pid}\n  Or start a second one with its own INTENDANT_DATA_DIR and INTENDANT_*_PORT.`,
    );
  }
}

/** A process of the lab refused its configuration; starting it again cannot help. */
export class ProcessRefused extends Refusal {
  override readonly name = 'ProcessRefused';

  constructor(readonly processName: string) {
    super(`${processName} refused its configuration; what it said is above.`, EXIT_CONFIGURATION);
  }
}
