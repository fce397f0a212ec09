import type { ParleyClient, Timeline } from '@parley/client';
import { changesText } from '@parley/client';
import { type Event, type Message, type Seq, streamOfConversation } from '@parley/protocol';
import { createContext, useContext, useEffect, useMemo } from 'react';
import { Listeners } from '../lib/listeners.ts';
import { useClient } from '../session/use-client.ts';

/** The maximum number of cached quoted messages. */
const CACHE_MAX = 200;

/** What a quote shows of a message. */
export type Quoted = Pick<
  Message,
  'author' | 'body' | 'mentions' | 'deletedAt' | 'hiddenAt' | 'changedSeq'
>;

/**
 * Finds quoted messages, always in their current state: in the timeline, or otherwise by a request whose
 * result is kept up to date by events. A quote stores no text, so that nothing of a deleted message remains
 * in the messages that quote it.
 */
export class QuotedMessages {
  readonly #client: ParleyClient;
  readonly #timeline: Timeline;
  readonly #loaded = new Map<Seq, Quoted>();
  /** The requests in progress, and whether the message has changed meanwhile. */
  readonly #loading = new Map<Seq, { hasChanged: boolean }>();
  readonly #listeners = new Listeners();

  constructor(client: ParleyClient, timeline: Timeline) {
    this.#client = client;
    this.#timeline = timeline;
  }

  /** Listens to the events of the conversation. Returns a function that stops it. */
  readonly start = (): (() => void) => {
    const stream = streamOfConversation(this.#timeline.conversation);
    const stops = [
      this.#timeline.subscribe(this.#notify),
      this.#client.onEvent((event) => {
        if (event.stream === stream) this.#apply(event);
      }),
      // A gap may hide changes.
      this.#client.on('reset', (reset) => {
        if (reset.stream !== stream) return;
        this.#loaded.clear();
        for (const request of this.#loading.values()) request.hasChanged = true;
        this.#notify();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  };

  readonly subscribe = this.#listeners.subscribe;

  /** Returns a message; undefined if it is not known yet, see {@link load}. */
  get(seq: Seq): Quoted | undefined {
    const { messages } = this.#timeline.snapshot;
    let [low, high] = [0, messages.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((messages[middle]?.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    const candidate = messages[low];
    return candidate?.seq === seq ? candidate : this.#loaded.get(seq);
  }

  /** Requests a message. After a failure it stays unknown until it is requested again. */
  async load(seq: Seq): Promise<void> {
    if (this.#loading.has(seq)) return;
    const request = { hasChanged: false };
    this.#loading.set(seq, request);
    let message: Message | null = null;
    try {
      do {
        request.hasChanged = false;
        message = await this.#client.api.message(this.#timeline.conversation, seq);
      } while (request.hasChanged);
    } catch {
      // Shown as not available; requested again with the next connection.
    }
    this.#loading.delete(seq);
    if (message) this.#keep(seq, message);
  }

  #keep(seq: Seq, message: Quoted): void {
    this.#loaded.delete(seq);
    this.#loaded.set(seq, message);
    for (const oldest of this.#loaded.keys()) {
      if (this.#loaded.size <= CACHE_MAX) break;
      this.#loaded.delete(oldest);
    }
    this.#notify();
  }

  #apply(event: Event): void {
    if (!changesText(event)) return;
    const { message: seq } = event.data;
    const request = this.#loading.get(seq);
    if (request) request.hasChanged = true;
    const loaded = this.#loaded.get(seq);
    // The loaded message may be newer than the events.
    if (!loaded || event.seq <= loaded.changedSeq) return;
    const changedSeq = event.seq;
    this.#keep(seq, {
      ...loaded,
      changedSeq,
      body: 'body' in event.data ? event.data.body : '',
      mentions: ('mentions' in event.data && event.data.mentions) || [],
      ...(event.type === 'message.deleted' && { deletedAt: event.at }),
      ...(event.type === 'message.hidden' && { hiddenAt: event.at }),
      ...(event.type === 'message.unhidden' && { hiddenAt: null }),
    });
  }

  readonly #notify = (): void => {
    this.#listeners.notify();
  };
}

/** Quotes and replies, as rows use them. */
export interface Quotes {
  readonly messages: QuotedMessages;
  /** Starts a reply to a message; null if the user may not post. */
  readonly reply: ((seq: Seq) => void) | null;
  /** Shows a message in the list. */
  jumpTo(seq: Seq): void;
}

const Context = createContext<Quotes | null>(null);

/** Provides {@link useQuotes}; every change of its value renders all rows. */
export const QuotesProvider = Context.Provider;

/** Returns what the conversation provides. */
export function useQuotes(): Quotes {
  const quotes = useContext(Context);
  if (!quotes) throw new Error('useQuotes needs a QuotesProvider');
  return quotes;
}

/** Keeps the quoted messages of a conversation while it is open. Returns the value for {@link QuotesProvider}. */
export function useQuotedMessages(
  timeline: Timeline,
  reply: Quotes['reply'],
  jumpTo: Quotes['jumpTo'],
): Quotes {
  const client = useClient();
  const messages = useMemo(() => new QuotedMessages(client, timeline), [client, timeline]);
  useEffect(() => messages.start(), [messages]);
  return useMemo(() => ({ messages, reply, jumpTo }), [messages, reply, jumpTo]);
}
