import { InvalidArgumentError } from 'commander';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** `90`, `90s`, `15m`, `12h` or `7d`, in seconds. */
export function seconds(text: string): number {
  const parts = /^(\d{1,9})([smhd]?)$/.exec(text);
  if (parts === null) throw new InvalidArgumentError('Say a number of seconds, or a number with s, m, h or d.');
  return Number(parts[1]) * SECONDS[(parts[2] || 's') as keyof typeof SECONDS];
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Say a whole number.');
  return Number(text);
}
