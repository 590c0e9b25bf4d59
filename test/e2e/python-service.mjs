// The participant in Python as the lab starts its services: says when it is ready, and stops when it is told to.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../examples/python-participant/participant.py', import.meta.url));
const child = spawn('python3', ['-B', script], { stdio: ['ignore', 'pipe', 'inherit'] });
child.stdout.on('data', (text) => {
  if (String(text).includes('registered')) process.send?.({ type: 'ready', detail: { pid: child.pid } });
});
child.on('exit', (code) => process.exit(code ?? 1));
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('disconnect', () => child.kill('SIGKILL'));
