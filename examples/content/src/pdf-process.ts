// Reads one PDF: the bytes come in a message, the text or the refusal goes back in one. A file that makes the reader
// loop, or V8 give up, ends this process and nothing else.
import { isMainThread, Worker } from 'node:worker_threads';
import { PDF_BOUNDS } from './pdf-bounds.js';

const WATCH_MS = 50;

if (isMainThread) readOne();
else watch();

function readOne(): void {
  // The thread that reads is busy for as long as the file likes: another one has to look.
  new Worker(new URL(import.meta.url)).unref();
  const reader = import('./pdf-text.js');
  process.once('message', async (bytes: Uint8Array) => {
    const { readPdfText } = await reader;
    process.send?.(await readPdfText(bytes));
  });
  process.once('disconnect', () => process.exit());
  // A terminal sends these to the whole group; the service decides when this process ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
}

/** CPU time, not time: a busy machine must not make a file a refused one. */
function watch(): void {
  setInterval(() => {
    const { user, system } = process.cpuUsage();
    const spent = (user + system) / 1000 > PDF_BOUNDS.cpuMsMax;
    // The heap has a bound of its own, but buffers lie outside it.
    if (spent || process.memoryUsage.rss() > PDF_BOUNDS.memoryBytesMax) process.kill(process.pid, 'SIGKILL');
  }, WATCH_MS);
}
