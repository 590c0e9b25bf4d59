import pico from 'picocolors';

export type Palette = ReturnType<typeof pico.createColors>;

/** Standard output for what was asked for, standard error for what else there is to say. */
export interface Terminal {
  readonly palette: Palette;
  readonly notePalette: Palette;
  readonly isInteractive: boolean;
  line(text: string): void;
  note(text: string): void;
}

export function systemTerminal(env: NodeJS.ProcessEnv): Terminal {
  const { stdout, stderr } = process;
  // A reader that has seen enough (`| head`) is no failure.
  stdout.on('error', (cause: NodeJS.ErrnoException) => process.exit(cause.code === 'EPIPE' ? process.exitCode : 1));
  stderr.on('error', () => undefined);
  return {
    palette: pico.createColors(wantsColour(stdout.isTTY === true, env)),
    notePalette: pico.createColors(wantsColour(stderr.isTTY === true, env)),
    isInteractive: stderr.isTTY === true,
    line: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
  };
}

/** https://no-color.org: NO_COLOR wins; FORCE_COLOR helps where the output is no terminal but is shown in one. */
export function wantsColour(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return isTerminal && env.TERM !== 'dumb';
}

/** Text of others on one line, without anything a terminal would act upon. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');

/** JSON of others: what a terminal would act upon, and JSON may carry as itself, stands as an escape of the same value. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(''),
  );

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;
