import {
  type ConversationId,
  conversationOfStream,
  type Nack,
  type Ready,
  type Seq,
  type StreamId,
} from '@parley/protocol';
import type { Emitter } from '../lib/emitter.ts';
import type { ClientCounters, ClientEvents } from '../state/client-types.ts';
import type { LocalStreams } from '../streams/local-streams.ts';
import { Fills } from './fills.ts';

/** What {@link Gaps} compares with the server, and reports to. */
export interface GapsDeps {
  readonly local: LocalStreams;
  readonly events: Emitter<ClientEvents>;
  readonly counters: ClientCounters;
  /** Returns whether the messages of a conversation are on screen: its gaps are filled first. */
  isOpen(conversation: ConversationId): boolean;
  /** Sends a frame. Returns false if there is no socket. */
  send(text: string): boolean;
}

/**
 * Detects missing events and requests them.
 *
 * 1. After a hello, of the streams that did not fit into it.
 * 2. When an event arrives that is not the next one of its stream.
 * 3. When a ping names a higher head, or no longer names a stream whose end is missing.
 */
export class Gaps {
  readonly #deps: GapsDeps;
  readonly #fills: Fills;
  /** Streams that did not fit into the hello, with their heads at that time. */
  #omitted: ReadonlyMap<StreamId, Seq> = new Map();
  /** Ends of memberships that the personal stream announced, by the conversation’s stream. */
  readonly #announcedEnds = new Map<StreamId, Seq>();

  constructor(deps: GapsDeps) {
    this.#deps = deps;
    this.#fills = new Fills((text) => deps.send(text));
  }

  /** Starts with a new socket, whose `ready` names the heads of all streams. */
  begin(ready: Ready): void {
    this.#fills.reset();
    this.#omitted = this.#omittedFrom(ready);
    this.#announcedEnds.clear();
  }

  /** Notes that, according to the personal stream, a membership ends with this event. */
  announceEnd(stream: StreamId, seq: Seq): void {
    this.#announcedEnds.set(stream, seq);
  }

  /** Requests what is missing before the seq `before`, unless it was just requested. */
  fill(stream: StreamId, before: Seq): void {
    const { local, counters, events } = this.#deps;
    const after = local.streams.at(stream);
    if (after === undefined || !this.#fills.ask(stream, after)) return;
    counters.gapFills++;
    events.emit('gap', { stream, after, before });
  }

  /** Requests the missing events of the streams that were not in the hello, open conversations first. */
  fillOmitted(): void {
    const { local, isOpen } = this.#deps;
    const missing = (stream: StreamId) => {
      const cursor = local.streams.at(stream);
      return cursor !== undefined && cursor < (this.#omitted.get(stream) ?? 0) ? cursor : null;
    };
    const rank = (stream: StreamId) => Number(isOpen(conversationOfStream(stream)));
    const behind = [...this.#omitted.keys()].sort((a, b) => rank(b) - rank(a));
    this.#fills.catchUp(behind, missing);
  }

  /** Compares the cursors with the heads that a ping names. */
  compare(heads: Readonly<Record<string, Seq>>): void {
    const { streams } = this.#deps.local;
    // The server wrote all events up to these heads to this socket before the ping: what is missing
    // is a gap.
    for (const [stream, head] of Object.entries(heads) as [StreamId, Seq][]) {
      const cursor = streams.at(stream);
      if (cursor !== undefined && cursor < head) this.fill(stream, head);
    }
    // A ping omits the streams that the account has left. If the end of a membership was lost, the server
    // refuses the probe, and the conversation is removed. It does not refuse while it still has events of the
    // stream to write; these are not requested, because they arrive anyway.
    for (const [stream, end] of this.#announcedEnds) {
      const cursor = streams.at(stream);
      if (cursor !== undefined && cursor < end) this.#fills.probe(stream);
      else this.#announcedEnds.delete(stream);
    }
  }

  /** Returns whether the ack belongs to a request for missing events. */
  acked(id: string): boolean {
    return this.#fills.acked(id);
  }

  /** Returns the stream whose missing events were refused; undefined if the nack is for something else. */
  refused(nack: Nack): StreamId | undefined {
    return this.#fills.refused(nack);
  }

  /**
   * Returns the streams with unapplied events that did not fit into the hello: the server starts them at
   * their heads, and does not send earlier events.
   */
  #omittedFrom(ready: Ready): Map<StreamId, Seq> {
    const { streams } = this.#deps.local;
    const sent = streams.helloCursor;
    const omitted = new Map<StreamId, Seq>();
    for (const { id, lastSeq } of ready.streams) {
      const cursor = streams.at(id);
      if (cursor !== undefined && cursor < lastSeq && !(id in sent)) omitted.set(id, lastSeq);
    }
    return omitted;
  }
}
