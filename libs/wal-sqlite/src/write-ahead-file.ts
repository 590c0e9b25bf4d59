import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { LogCorrupt } from '@intendant/wal';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Big or little endian words in the checksum; https://sqlite.org/fileformat2.html#walformat */
const MAGIC = { little: 0x377f0682, big: 0x377f0683 };

type Sum = readonly [number, number];

/**
 * SQLite takes the first frame that does not verify for the torn end of its write-ahead file, and drops it with everything
 * after it. Every commit is synced before the next one begins, so a crash tears at most one: more than one commit behind
 * a bad frame means that the frame was damaged later, and that acknowledged entries would be lost without a word. Throws
 * {@link LogCorrupt} naming the frame then. A damaged last commit cannot be told from a torn one.
 */
export function checkWriteAheadFile(databaseFile: string): void {
  const file = `${databaseFile}-wal`;
  if (!existsSync(file)) return;
  const descriptor = openSync(file, 'r');
  try {
    for (;;) {
      const header = bytesAt(descriptor, 0, HEADER_BYTES);
      const damaged = damagedFrame(descriptor, header);
      // The owner may have begun the file anew meanwhile; then what was read belongs to no one state of it.
      if (!bytesAt(descriptor, 0, HEADER_BYTES).equals(header)) continue;
      if (damaged === null) return;
      throw new LogCorrupt(`write-ahead file frame ${damaged}`, 'does not verify, and committed entries follow it');
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Number of the first bad frame, counted from 1, when more than one commit of this generation stands at or after it. */
function damagedFrame(descriptor: number, header: Buffer): number | null {
  if (header.length < HEADER_BYTES) return null;
  const isBig = header.readUInt32BE(0) === MAGIC.big;
  if (!isBig && header.readUInt32BE(0) !== MAGIC.little) return null;
  const frameBytes = FRAME_HEADER_BYTES + header.readUInt32BE(8);
  const salts = header.subarray(16, 24);
  const frames = Math.floor((fstatSync(descriptor).size - HEADER_BYTES) / frameBytes);
  let sum: Sum = [header.readUInt32BE(24), header.readUInt32BE(28)];
  let firstBad: number | null = null;
  let commits = 0;
  for (let index = 1; index <= frames; index += 1) {
    const frame = bytesAt(descriptor, HEADER_BYTES + (index - 1) * frameBytes, frameBytes);
    const isOfThisGeneration = frame.subarray(8, 16).equals(salts);
    if (firstBad === null) {
      sum = checksum(checksum(sum, frame.subarray(0, 8), isBig), frame.subarray(FRAME_HEADER_BYTES), isBig);
      if (isOfThisGeneration && frame.readUInt32BE(16) === sum[0] && frame.readUInt32BE(20) === sum[1]) continue;
      firstBad = index;
    }
    if (isOfThisGeneration && frame.readUInt32BE(4) !== 0) commits += 1;
    if (commits > 1) return firstBad;
  }
  return null;
}

function checksum([first, second]: Sum, bytes: Buffer, isBig: boolean): Sum {
  let a = first;
  let b = second;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    a = (a + (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + b) >>> 0;
    b = (b + (isBig ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + a) >>> 0;
  }
  return [a, b];
}

function bytesAt(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
}
