import { readdirSync, readFileSync } from 'node:fs';

/** Pid of the child of `parent` whose command line has this word; on Linux only. */
export function childOf(parent: number, word: string): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => parentOf(pid) === parent && readOf(pid, 'cmdline').includes(word));
}

function parentOf(pid: number): number {
  const stat = readOf(pid, 'stat');
  // the second field is the program's name in brackets and may hold anything, so count from its end
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** Empty for a process that has ended meanwhile. */
function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
