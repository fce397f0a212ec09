import {
  type ClientId,
  type ConversationId,
  type Event,
  isTimelineEvent,
  type Message,
  type Seq,
  streamOfConversation,
  type TimelineEvent,
} from '@parley/protocol';
import type { ParleyApi } from '../api/api.ts';
import type { ReadOptions } from '../api/rest-session.ts';
import type { ClientState } from '../state/state.ts';
import type { Persistence } from '../storage/persistence.ts';
import type { LocalStreams } from '../streams/local-streams.ts';
import { Thread } from '../threads/thread.ts';
import { threadKey } from '../threads/threads.ts';
import { Timeline } from '../timelines/timeline.ts';
import { TimelineEvents } from '../timelines/timeline-events.ts';

/** The state that open timelines and threads show. */
export interface OpenTimelinesDeps {
  readonly api: ParleyApi;
  readonly state: ClientState;
  readonly persistence: Persistence;
  /** Returns the state of the streams; null before the client was started. */
  local(): LocalStreams | null;
}

/**
 * Holds the timelines and threads that are open: each is the same object until it is closed. Passes on
 * to them what changes the messages that they show.
 */
export class OpenTimelines {
  readonly #deps: OpenTimelinesDeps;
  readonly #timelines = new Map<ConversationId, Timeline>();
  readonly #threads = new Map<string, Thread>();
  readonly #events = new Map<ConversationId, TimelineEvents>();

  constructor(deps: OpenTimelinesDeps) {
    this.#deps = deps;
  }

  /** Returns the timeline of a conversation, and opens it if it is not open. */
  timeline(conversation: ConversationId): Timeline {
    const open = this.#timelines.get(conversation);
    if (open) return open;
    const { api, state, persistence, local } = this.#deps;
    const timeline = new Timeline(
      conversation,
      {
        api,
        me: () => state.me?.id ?? null,
        window: () => local()?.window(conversation),
        view: () => state.view(conversation),
        outbox: () => state.outbox,
        pageAdded: (messages, from) => persistence.window(conversation, from, messages),
      },
      () => this.#timelines.delete(conversation),
    );
    this.#timelines.set(conversation, timeline);
    return timeline;
  }

  /** Returns the thread under the message `root`, and opens it if it is not open. */
  thread(conversation: ConversationId, root: Seq): Thread {
    const key = threadKey(conversation, root);
    const open = this.#threads.get(key);
    if (open) return open;
    const { api, state, local } = this.#deps;
    const thread = new Thread(
      conversation,
      root,
      {
        api,
        me: () => state.me?.id ?? null,
        outbox: () => state.outbox,
        appliedUpTo: () => local()?.streams.at(streamOfConversation(conversation)),
      },
      () => this.#threads.delete(key),
    );
    this.#threads.set(key, thread);
    return thread;
  }

  /** Returns the events that are shown between the messages of a group. */
  eventsOf(conversation: ConversationId): TimelineEvents {
    const open = this.#events.get(conversation);
    if (open) return open;
    const events = new TimelineEvents({
      load: (after) => this.events(conversation, after, {}),
      stored: () => this.#deps.persistence.storedTimelineEvents(conversation),
    });
    this.#events.set(conversation, events);
    return events;
  }

  /** Requests the events that are shown between messages, after a seq, and stores them. */
  async events(
    conversation: ConversationId,
    after: Seq,
    options: ReadOptions,
  ): Promise<TimelineEvent[]> {
    const { api, persistence, local } = this.#deps;
    const before = local();
    const epoch = before?.epoch;
    const events = await api.timelineEvents(conversation, after, options);
    // Unless the membership, the epoch or the session has ended meanwhile.
    const isCurrent = local() === before && before?.epoch === epoch;
    if (isCurrent && before?.window(conversation)) persistence.timelineEvents(events);
    return events;
  }

  /** Returns whether the timeline of a conversation is open. */
  has(conversation: ConversationId): boolean {
    return this.#timelines.has(conversation);
  }

  /** Handles an applied event of a conversation. */
  applied(conversation: ConversationId, event: Event): void {
    this.#timelines.get(conversation)?.applied(event);
    if (isTimelineEvent(event)) this.#events.get(conversation)?.applied(event);
    for (const thread of this.#threadsOf(conversation)) thread.applied(event);
  }

  /** Handles the ack of a post: `message` is what it became. */
  acked(message: Message, id: ClientId): void {
    for (const thread of this.#threadsOf(message.conversation)) thread.acked(message, id);
  }

  /** Handles a window of messages that was restarted or dropped. */
  restarted(conversation: ConversationId): void {
    this.#timelines.get(conversation)?.restarted();
    this.#events.get(conversation)?.missed();
    for (const thread of this.#threadsOf(conversation)) thread.restarted();
  }

  /** Handles a change of a conversation’s view that no event caused. */
  viewChanged(conversation: ConversationId): void {
    this.#timelines.get(conversation)?.changed();
  }

  /** Handles a change of the outbox: unsent messages are shown too. */
  outboxChanged(): void {
    for (const timeline of this.#timelines.values()) timeline.changed();
    for (const thread of this.#threads.values()) thread.changed();
  }

  /** All missed events have arrived. */
  caughtUp(): void {
    for (const timeline of this.#timelines.values()) timeline.caughtUp();
    this.retry();
    for (const thread of this.#threads.values()) {
      if (this.#deps.state.view(thread.conversation)) thread.caughtUp();
    }
  }

  /** Loads what could not be loaded. Must be called regularly while connected. */
  retry(): void {
    for (const events of this.#events.values()) events.retry();
  }

  /** Closes all of them. */
  close(): void {
    this.#events.clear();
    for (const timeline of [...this.#timelines.values()]) timeline.close();
    for (const thread of [...this.#threads.values()]) thread.close();
  }

  #threadsOf(conversation: ConversationId): Thread[] {
    return [...this.#threads.values()].filter((thread) => thread.conversation === conversation);
  }
}
