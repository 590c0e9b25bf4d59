import { hash as digestNow } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { decodeEntry, decodeFrame, type EntryFrame, encodeFrame, LogCorrupt } from '@intendant/wal';

/** First bytes of every segment, so that another format can be told from damage. */
const MAGIC = 'ISG1';

/** What a segment says of itself, beside the frames. */
export interface SegmentHeader {
  readonly logId: string;
  readonly partition: number;
  /** Position of the first entry; that of the last is `to`. */
  readonly from: number;
  readonly to: number;
  /** Chain value of the segment before it, hex; {@link CHAIN_START} for the first. */
  readonly previous: string;
}

export interface Segment extends SegmentHeader {
  /** SHA-256 over header and frames, hex: names everything up to `to`, since it covers `previous`. */
  readonly chain: string;
  readonly frames: readonly EntryFrame[];
}

export const CHAIN_START = '0'.repeat(64);

/** Bytes that a segment may have once it is inflated; more is damage, or meant to do harm. */
const INFLATED_BYTES_MAX = 512 * 1024 * 1024;

/** Makes a segment of entries with dense positions from `from` on. */
export function sealSegment(header: Omit<SegmentHeader, 'to'>, frames: readonly EntryFrame[]): Segment {
  const to = header.from + frames.length - 1;
  const misplaced = frames.findIndex((frame, index) => frame.position !== header.from + index);
  if (frames.length === 0 || misplaced !== -1)
    throw new RangeError(`partition ${header.partition}: a segment from ${header.from} needs dense positions`);
  const sealed = { ...header, to };
  return { ...sealed, frames, chain: chainOf(headerText(sealed), framesBytes(frames)) };
}

/** Magic, length of the header, header as JSON, chain value, deflated frames: each its length (u32) and `encodeFrame`. */
export function encodeSegment(segment: Segment): Buffer {
  const header = Buffer.from(headerText(segment));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(header.length);
  const body = deflateSync(framesBytes(segment.frames));
  return Buffer.concat([Buffer.from(MAGIC), size, header, Buffer.from(segment.chain, 'hex'), body]);
}

/** The segment of these bytes, every entry held against its own hash. Throws {@link LogCorrupt} naming `place`. */
export function decodeSegment(bytes: Buffer, place: string): Segment {
  const corrupt = (finding: string) => new LogCorrupt(place, finding);
  if (bytes.toString('latin1', 0, 4) !== MAGIC) throw corrupt('is not a segment of an archive');
  if (bytes.length < 8 || bytes.length < 40 + bytes.readUInt32BE(4)) throw corrupt('a segment is cut off');
  const bodyAt = 40 + bytes.readUInt32BE(4);
  const text = bytes.toString('utf8', 8, bodyAt - 32);
  const body = inflated(bytes.subarray(bodyAt));
  if (body === null) throw corrupt('its frames cannot be inflated');
  const chain = bytes.toString('hex', bodyAt - 32, bodyAt);
  if (chainOf(text, body) !== chain) throw corrupt('does not match its hash');
  const header = JSON.parse(text) as SegmentHeader;
  const frames = framesOf(body, place);
  const misplaced = frames.find((frame, index) => frame.position !== header.from + index);
  if (misplaced !== undefined || header.to !== header.from + frames.length - 1)
    throw corrupt(`does not hold the positions ${header.from} to ${header.to}`);
  return { ...header, chain, frames };
}

const headerText = ({ logId, partition, from, to, previous }: SegmentHeader): string =>
  JSON.stringify({ logId, partition, from, to, previous });

const chainOf = (header: string, body: Buffer): string =>
  digestNow('sha256', Buffer.concat([Buffer.from(header), Buffer.from([0]), body]), 'hex');

function framesBytes(frames: readonly EntryFrame[]): Buffer {
  return Buffer.concat(
    frames.flatMap((frame) => {
      const bytes = encodeFrame(frame);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(bytes.length);
      return [size, bytes];
    }),
  );
}

function framesOf(body: Buffer, place: string): EntryFrame[] {
  const frames: EntryFrame[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 4 + (at + 4 > body.length ? body.length : body.readUInt32BE(at));
    if (end > body.length) throw new LogCorrupt(place, 'a frame is cut off');
    const frame = decodeFrame(body.subarray(at + 4, end), place);
    if (frame.kind !== 'entry') throw new LogCorrupt(place, 'holds a claim among its entries');
    decodeEntry(frame.entry, ` (${place})`);
    frames.push(frame);
    at = end;
  }
  return frames;
}

function inflated(bytes: Buffer): Buffer | null {
  try {
    return inflateSync(bytes, { maxOutputLength: INFLATED_BYTES_MAX });
  } catch {
    return null;
  }
}
