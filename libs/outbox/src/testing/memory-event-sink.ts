import type { CloudEvent } from '../cloud-event.js';
import {
  type BuriedEvent,
  burialNotice,
  type EventSink,
  encodedUpTo,
  type PublishOutcome,
  SinkUnavailable,
} from '../event-sink.js';

/** The contract of an {@link EventSink} in memory. */
export class MemoryEventSink implements EventSink {
  /** Everything that was published, in the order in which it arrived. */
  readonly arrived: CloudEvent[] = [];
  readonly notices: CloudEvent[] = [];
  /** While true nothing is taken. */
  isDown = false;

  constructor(
    private readonly eventBytesMax: number,
    private readonly isPoison: (event: CloudEvent) => boolean = () => false,
  ) {}

  async publish(events: readonly CloudEvent[]): Promise<PublishOutcome> {
    if (this.isDown) throw new SinkUnavailable('it is down');
    const { encoded, refused } = encodedUpTo(events, this.eventBytesMax);
    const poison = encoded.findIndex(({ event }) => this.isPoison(event));
    const taken = poison === -1 ? encoded : encoded.slice(0, poison);
    this.arrived.push(...taken.map(({ json }) => JSON.parse(json) as CloudEvent));
    return { delivered: taken.length, refused: poison === -1 ? refused : 'poison' };
  }

  async bury(buried: BuriedEvent): Promise<void> {
    if (this.isDown) throw new SinkUnavailable('it is down');
    this.notices.push(burialNotice(buried));
  }

  async close(): Promise<void> {}
}
