// Child processes of the bench, and what they cost.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
    const fields = statOf(pid);
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** Resident memory in MiB. */
export function rssMiB(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return 0;
  }
}
