import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { LogCorrupt } from '@intendant/wal';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** With the smallest page. */
const FRAME_BYTES_MIN = FRAME_HEADER_BYTES + 512;
/** Big or little endian words in the checksum; https://sqlite.org/fileformat2.html#walformat */
const MAGIC = { little: 0x377f0682, big: 0x377f0683 };

type Sum = readonly [number, number];

/** What stands behind the last whole commit. */
interface Tail {
  /** Number of the first bad frame, counted from 1, when more than one commit of this generation stands at or after it. */
  readonly damagedFrame: number | null;
  readonly tornBytes: number;
}

const NO_TAIL: Tail = { damagedFrame: null, tornBytes: 0 };

/**
 * SQLite takes the first frame that does not verify for the torn end of its write-ahead file, and drops it with everything
 * after it. Every commit is synced before the next one begins, so a crash tears at most one: more than one commit behind
 * a bad frame means that the frame was damaged later, and that acknowledged entries would be lost without a word. Throws
 * {@link LogCorrupt} naming the frame then, or the file's header. A damaged last commit cannot be told from a torn one.
 * Returns how many bytes SQLite will drop for torn; frames that an earlier generation left behind the end are none of them.
 */
export function checkWriteAheadFile(databaseFile: string): number {
  const file = `${databaseFile}-wal`;
  if (!existsSync(file)) return 0;
  const descriptor = openSync(file, 'r');
  try {
    for (;;) {
      const header = bytesAt(descriptor, 0, HEADER_BYTES);
      const { damagedFrame, tornBytes } = tailOf(descriptor, header);
      // The owner may have begun the file anew meanwhile; then what was read belongs to no one state of it.
      if (!bytesAt(descriptor, 0, HEADER_BYTES).equals(header)) continue;
      if (isDamagedHeader(header) && fstatSync(descriptor).size >= HEADER_BYTES + FRAME_BYTES_MIN)
        throw new LogCorrupt('write-ahead file header', 'does not verify, and entries follow it');
      if (damagedFrame === null) return tornBytes;
      throw new LogCorrupt(
        `write-ahead file frame ${damagedFrame}`,
        'does not verify, and committed entries follow it',
      );
    }
  } finally {
    closeSync(descriptor);
  }
}

/**
 * SQLite ignores the whole file then, with every commit in it. It syncs the header before the first frame, so no crash leaves
 * one like that before frames, unless all of it is room that the file system made.
 */
function isDamagedHeader(header: Buffer): boolean {
  if (header.length < HEADER_BYTES || header.every((byte) => byte === 0)) return false;
  const magic = header.readUInt32BE(0);
  if (magic !== MAGIC.little && magic !== MAGIC.big) return true;
  const [a, b] = checksum([0, 0], header.subarray(0, 24), magic === MAGIC.big);
  return header.readUInt32BE(24) !== a || header.readUInt32BE(28) !== b;
}

function tailOf(descriptor: number, header: Buffer): Tail {
  if (header.length < HEADER_BYTES) return NO_TAIL;
  const isBig = header.readUInt32BE(0) === MAGIC.big;
  if (!isBig && header.readUInt32BE(0) !== MAGIC.little) return NO_TAIL;
  const frameBytes = FRAME_HEADER_BYTES + header.readUInt32BE(8);
  const salts = header.subarray(16, 24);
  const { size } = fstatSync(descriptor);
  const frames = Math.floor((size - HEADER_BYTES) / frameBytes);
  let sum: Sum = [header.readUInt32BE(24), header.readUInt32BE(28)];
  let firstBad: number | null = null;
  let commits = 0;
  let committedFrames = 0;
  let writtenFrames = 0;
  for (let index = 1; index <= frames; index += 1) {
    const frame = bytesAt(descriptor, HEADER_BYTES + (index - 1) * frameBytes, frameBytes);
    const isOfThisGeneration = frame.subarray(8, 16).equals(salts);
    const isCommit = isOfThisGeneration && frame.readUInt32BE(4) !== 0;
    // zeros are no leftover: room that the file system made and the crash left empty
    if (isOfThisGeneration || frame.readBigUInt64BE(8) === 0n) writtenFrames = index;
    if (firstBad === null) {
      sum = checksum(checksum(sum, frame.subarray(0, 8), isBig), frame.subarray(FRAME_HEADER_BYTES), isBig);
      if (isOfThisGeneration && frame.readUInt32BE(16) === sum[0] && frame.readUInt32BE(20) === sum[1]) {
        if (isCommit) committedFrames = index;
        continue;
      }
      firstBad = index;
    }
    if (isCommit) commits += 1;
    if (commits > 1) return { damagedFrame: firstBad, tornBytes: 0 };
  }
  // only the last write can have left less than a frame: those of earlier generations were whole
  const endsWithin = size > HEADER_BYTES + frames * frameBytes;
  const writtenEnd = endsWithin ? size : HEADER_BYTES + writtenFrames * frameBytes;
  return { damagedFrame: null, tornBytes: writtenEnd - HEADER_BYTES - committedFrames * frameBytes };
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
