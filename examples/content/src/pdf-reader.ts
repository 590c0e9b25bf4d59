import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StepFailure } from '@intendant/participant';
import { PDF_BOUNDS } from './pdf-bounds.js';
import type { PdfRefusal, PdfText } from './pdf-text.js';
import { Turns } from './turns.js';

/** Compiled, from `src` as from `dist`. */
const ENTRY = fileURLToPath(new URL('../dist/pdf-process.js', import.meta.url));
const PROCESSES_MAX = 2;
/** With these somebody ends processes; the file is not to blame. */
const ENDED_FROM_OUTSIDE: readonly (NodeJS.Signals | null)[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const turns = new Turns(PROCESSES_MAX);

/**
 * The text of a PDF, read in a process of its own that ends with the call: what a file does to its reader, it does to
 * nobody else. Throws what {@link PdfRefusal} names, and `pdf_too_complex` when the process did not survive the file.
 */
export async function readPdf(bytes: Uint8Array, signal: AbortSignal): Promise<PdfText> {
  const reading = await turns.take(() => readInProcess(bytes, signal));
  if (reading.kind === 'text') return reading;
  throw new StepFailure(reading.code, reading.message, { details: reading.details });
}

function readInProcess(bytes: Uint8Array, signal: AbortSignal): Promise<PdfText | PdfRefusal> {
  signal.throwIfAborted();
  const child = fork(ENTRY, {
    execArgv: [`--max-old-space-size=${PDF_BOUNDS.heapMibMax}`],
    env: {},
    serialization: 'advanced',
    // V8 says at length how it died; what counts is that it did.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    signal,

    killSignal: 'SIGKILL',
  });
  return new Promise((resolve, reject) => {
    child.once('message', (reading) => {
      resolve(reading as PdfText | PdfRefusal);
      child.kill('SIGKILL');
    });
    child.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    child.once('exit', (code, killedBy) => {
      if (killedBy !== null && !ENDED_FROM_OUTSIDE.includes(killedBy)) resolve(tooComplex());
      else reject(new Error(`the process that reads PDFs ended with ${killedBy ?? code}`));
    });
    // A process that ends before it has taken the bytes is heard of by its end.
    child.send(bytes, () => undefined);
  });
}

function tooComplex(): PdfRefusal {
  const { cpuMsMax, memoryBytesMax } = PDF_BOUNDS;
  const message = `the PDF takes more than ${cpuMsMax / 1000} s or ${memoryBytesMax} bytes of memory to read`;
  return { kind: 'refused', code: 'pdf_too_complex', message, details: { cpuMsMax, memoryBytesMax } };
}
