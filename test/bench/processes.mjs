// Child processes of the bench, and what they cost.
import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const TICKS_PER_SECOND = 100;

/** Forks a script of this folder and resolves with its first message of type `ready`. */
export function start(script, args = []) {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
    child.once('message', (message) => resolve({ child, message }));
  });
}

/** Sends a task to the load process and resolves with its result. */
export function ask(child, task) {
  return new Promise((resolve, reject) => {
    child.once('message', (message) =>
      message.type === 'result' ? resolve(message.result) : reject(new Error(message.message)),
    );
    child.send(task);
  });
}

/** Fields of /proc/<pid>/stat that follow the program's name, the state first. */
const statOf = (pid) =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');

/** Milliseconds since the process was started, to 10 ms. */
export function ageMs(pid) {
  const uptimeSeconds = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return (uptimeSeconds - Number(statOf(pid)[19]) / TICKS_PER_SECOND) * 1_000;
}

/** CPU seconds that a process has used, user and system; 0 when it is gone. */
export function cpuSeconds(pid) {
  try {
    return ticksOf(statOf(pid), 2) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** Of user and system; with four fields those of children that ended, too. */
const ticksOf = (stat, fields) => stat.slice(11, 11 + fields).reduce((sum, field) => sum + Number(field), 0);

/**
 * The given processes and everything they started, as `{ pid, ticks }` by name. What runs a script of its own is named by
 * that (`projector-process.js` is `projector`), the rest by its parent: backends and writers of PostgreSQL are `postgres`.
 */
function familyOf(pids) {
  const stats = new Map();
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    try {
      stats.set(pid, statOf(pid));
    } catch {
      // ended meanwhile: its parent has what it used
    }
  }
  const names = new Map(Object.entries(pids).map(([name, pid]) => [pid, name]));
  const nameOf = (pid) => {
    const stat = stats.get(pid);
    if (names.has(pid) || stat === undefined) return names.get(pid);
    const inherited = nameOf(Number(stat[1]));
    if (inherited !== undefined) names.set(pid, scriptOf(pid) ?? inherited);
    return names.get(pid);
  };
  const family = {};
  for (const [pid, stat] of stats) {
    const name = nameOf(pid);
    if (name === undefined) continue;
    family[name] ??= [];
    family[name].push({ pid, ticks: ticksOf(stat, 4) });
  }
  return family;
}

function scriptOf(pid) {
  try {
    const script = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .find((part) => part.endsWith('-process.js'));
    return script === undefined ? undefined : basename(script, '-process.js');
  } catch {
    return undefined;
  }
}

/** CPU seconds by name of the given processes and of all they started, also of what has ended. */
export function familyCpuSeconds(pids) {
  const sum = (members) => members.reduce((total, { ticks }) => total + ticks, 0) / TICKS_PER_SECOND;
  return Object.fromEntries(Object.entries(familyOf(pids)).map(([name, members]) => [name, sum(members)]));
}

/** Resident memory in MiB. */
export function rssMiB(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return 0;
  }
}
