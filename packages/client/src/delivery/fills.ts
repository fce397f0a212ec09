import type { Nack, Seq, StreamId } from '@parley/protocol';
import { newId } from '../outbox/commands.ts';

/** A remaining gap is requested again after this time, ms. */
const AGAIN_MS = 1_500;

/** The interval of requests for streams that are behind, ms: two thirds of what the server allows. */
const PACE_MS = 500;

/** The highest seq in a request. */
const SEQ_MAX = Number.MAX_SAFE_INTEGER;

/** Requests missing events: one request per stream at a time. */
export class Fills {
  readonly #send: (text: string) => boolean;
  readonly #requested = new Set<StreamId>();
  readonly #requests = new Map<string, StreamId>();
  #behind: StreamId[] = [];
  #pace: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (text: string) => boolean) {
    this.#send = send;
  }

  /**
   * Requests everything after `after`. Returns false if it was just requested, or if there is no
   * socket.
   */
  ask(stream: StreamId, after: Seq): boolean {
    if (this.#requested.has(stream)) return false;
    const id = newId();
    if (!this.#send(JSON.stringify({ op: 'fill', id, stream, after }))) return false;
    this.#requested.add(stream);
    this.#requests.set(id, stream);
    setTimeout(() => this.#requested.delete(stream), AGAIN_MS);
    return true;
  }

  /**
   * Checks whether the server still sends this stream; otherwise it refuses the request. The request asks for the
   * events after the highest possible seq, so it never causes an event to be sent twice.
   */
  probe(stream: StreamId): void {
    const id = newId();
    const isSent = this.#send(JSON.stringify({ op: 'fill', id, stream, after: SEQ_MAX }));
    if (isSent) this.#requests.set(id, stream);
  }

  /**
   * Requests the missing events of these streams, one stream at a time. `missing` returns the seq after which events
   * are missing, or null if none are.
   */
  catchUp(streams: readonly StreamId[], missing: (stream: StreamId) => Seq | null): void {
    clearTimeout(this.#pace);
    this.#behind = [...streams];
    const next = (): void => {
      this.#behind = this.#behind.filter((stream) => missing(stream) !== null);
      const stream = this.#behind.shift();
      if (stream === undefined) return;
      // Retried until nothing is missing: a request may be refused.
      this.#behind.push(stream);
      this.ask(stream, missing(stream) as Seq);
      this.#pace = setTimeout(next, PACE_MS);
    };
    next();
  }

  /** Returns whether the ack belongs to one of these requests. */
  acked(id: string): boolean {
    return this.#requests.delete(id);
  }

  /** Returns the stream whose request was refused; undefined if the nack is for something else. */
  refused(nack: Nack): StreamId | undefined {
    const stream = nack.id === null ? undefined : this.#requests.get(nack.id);
    if (stream === undefined || nack.id === null) return undefined;
    this.#requests.delete(nack.id);
    this.#requested.delete(stream);
    return stream;
  }

  /** Drops the open requests, which the previous socket no longer answers. */
  reset(): void {
    clearTimeout(this.#pace);
    this.#behind = [];
    this.#requested.clear();
    this.#requests.clear();
  }
}
