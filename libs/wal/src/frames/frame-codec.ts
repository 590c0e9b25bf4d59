import { crc32 } from 'node:zlib';
import { LogCorrupt } from '../errors.js';
import type { Frame } from './frame.js';

/** First byte of every frame, so that another format can be told from damage. */
const FORMAT = 1;
const CLAIM = 1;
const ENTRY = 2;

/** format, kind, CRC-32 of what follows it, epoch. */
const HEAD_BYTES = 1 + 1 + 4 + 8;
/** position, firstSeq, recordCount, prevHash, hash, length of the stream id. */
const ENTRY_HEAD_BYTES = 8 + 8 + 4 + 32 + 32 + 2;

/** Bytes of a frame, integers big-endian. The entry's own hash covers the entry, the CRC also its envelope. */
export function encodeFrame(frame: Frame): Buffer {
  return frame.kind === 'claim' ? encodeClaim(frame.epoch, frame.nonce) : encodeEntryFrame(frame);
}

function encodeClaim(epoch: number, nonce: string): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + Buffer.byteLength(nonce));
  bytes.write(nonce, HEAD_BYTES, 'utf8');
  return sealed(bytes, CLAIM, epoch);
}

function encodeEntryFrame({ epoch, position, entry }: Extract<Frame, { kind: 'entry' }>): Buffer {
  const idBytes = Buffer.byteLength(entry.streamId);
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + ENTRY_HEAD_BYTES + idBytes + entry.body.length);
  let at = bytes.writeBigUInt64BE(BigInt(position), HEAD_BYTES);
  at = bytes.writeBigUInt64BE(BigInt(entry.firstSeq), at);
  at = bytes.writeUInt32BE(entry.recordCount, at);
  at += entry.prevHash.copy(bytes, at);
  at += entry.hash.copy(bytes, at);
  at = bytes.writeUInt16BE(idBytes, at);
  at += bytes.write(entry.streamId, at, 'utf8');
  entry.body.copy(bytes, at);
  return sealed(bytes, ENTRY, epoch);
}

function sealed(bytes: Buffer, kind: number, epoch: number): Buffer {
  bytes[0] = FORMAT;
  bytes[1] = kind;
  bytes.writeBigUInt64BE(BigInt(epoch), 6);
  bytes.writeUInt32BE(crc32(bytes.subarray(6), kind), 2);
  return bytes;
}

/** The frame of these bytes; throws {@link LogCorrupt} naming `place` when they are none. The entry's hash is not checked here. */
export function decodeFrame(bytes: Buffer, place: string): Frame {
  if (bytes.length < HEAD_BYTES) throw new LogCorrupt(place, 'a frame is cut off');
  if (bytes[0] !== FORMAT) throw new LogCorrupt(place, `a frame has the unknown format ${bytes[0]}`);
  const kind = bytes[1] as number;
  if (crc32(bytes.subarray(6), kind) !== bytes.readUInt32BE(2))
    throw new LogCorrupt(place, 'a frame does not match its checksum');
  const epoch = Number(bytes.readBigUInt64BE(6));
  if (kind === CLAIM) return { kind: 'claim', epoch, nonce: bytes.toString('utf8', HEAD_BYTES) };
  if (kind !== ENTRY) throw new LogCorrupt(place, `a frame is of the unknown kind ${kind}`);
  const fixed = bytes.subarray(HEAD_BYTES, HEAD_BYTES + ENTRY_HEAD_BYTES);
  const bodyAt = HEAD_BYTES + ENTRY_HEAD_BYTES + fixed.readUInt16BE(84);
  return {
    kind: 'entry',
    epoch,
    position: Number(fixed.readBigUInt64BE(0)),
    entry: {
      firstSeq: Number(fixed.readBigUInt64BE(8)),
      recordCount: fixed.readUInt32BE(16),
      prevHash: fixed.subarray(20, 52),
      hash: fixed.subarray(52, 84),
      streamId: bytes.toString('utf8', HEAD_BYTES + ENTRY_HEAD_BYTES, bodyAt),
      body: bytes.subarray(bodyAt),
    },
  };
}
