/** A range of an `Accept` field (RFC 9110, 12.5.1), in lower case. */
interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

const EVENT_STREAM = 'text/event-stream';
const JSON_TYPE = 'application/json';

/** Whether a caller would rather have events as a stream than as JSON; of two that are alike, the one that is named. */
export function prefersEventStream(accept: string | undefined): boolean {
  const ranges = (accept ?? '').split(',').map(rangeOf);
  const stream = qualityOf(EVENT_STREAM, ranges);
  const json = qualityOf(JSON_TYPE, ranges);
  if (stream !== json) return stream > json;
  return stream > 0 && ranges.some(({ type }) => type === EVENT_STREAM);
}

function rangeOf(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice('q='.length);
  const isWeight = weight !== undefined && /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight);
  return { type, quality: isWeight ? Number(weight) : 1 };
}

/** The most specific range says it; 0 where none matches. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const matching = [type, `${type.split('/')[0]}/*`, '*/*'];
  const found = matching.map((one) => ranges.find((range) => range.type === one)).find((range) => range !== undefined);
  return found?.quality ?? 0;
}
