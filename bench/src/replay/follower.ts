import { type ParleyApi, ParleyClient, type SocketFactory } from '@parley/client';
import { type NodeSocket, nodeSocket } from '@parley/client/node';
import {
  type AccountId,
  type ConversationId,
  type Event,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';

/** A message as a follower received it. */
export interface Received {
  readonly seq: Seq;
  readonly author: AccountId;
  readonly body: string;
}

/** A client that reads all the time and may lose its connection. */
export class Follower {
  readonly received: Received[] = [];
  readonly client: ParleyClient;
  readonly #api: ParleyApi;
  readonly #group: ConversationId;
  /** Events that arrive while missed ones are being fetched. */
  #held: Event[] | null = null;
  #socket: NodeSocket | null = null;
  #reachable = true;
  #last = 0 as Seq;

  constructor(api: ParleyApi, group: ConversationId) {
    this.#api = api;
    this.#group = group;
    const socket: SocketFactory = (url, handlers) => {
      if (!this.#reachable) {
        queueMicrotask(() => handlers.close(1006, null));
        return { send: () => undefined, close: () => undefined };
      }
      this.#socket = nodeSocket(url, handlers);
      return this.#socket;
    };
    this.client = new ParleyClient({ api, socket, loadUsers: false });
    this.client.onEvent((event) => {
      if (event.stream !== streamOfConversation(group)) return;
      if (this.#held) this.#held.push(event);
      else this.#take(event);
    });
    this.client.on('reset', ({ stream, lastSeq }) => {
      if (stream === streamOfConversation(group)) void this.#fetch(lastSeq);
    });
  }

  async start(): Promise<void> {
    await this.client.start();
    await this.client.whenLive();
    this.#last = this.client.cursors.get(streamOfConversation(this.#group)) ?? (0 as Seq);
  }

  /** Cuts the connection without a close frame; it stays offline until `reconnect`. */
  cut(): void {
    this.#reachable = false;
    this.#socket?.cut();
  }

  /** Restores the network. */
  async reconnect(): Promise<void> {
    this.#reachable = true;
    this.client.nudge();
    await this.client.whenLive();
  }

  /** Whether everything up to `seq` has arrived. */
  has(seq: number): boolean {
    return this.#held === null && this.#last >= seq;
  }

  #take(event: Event): void {
    this.#last = event.seq;
    if (event.type !== 'message.posted') return;
    this.received.push({ seq: event.seq, author: event.actor, body: event.data.body });
  }

  /** Too many missed events to be replayed over the socket: they are read page by page. */
  async #fetch(upTo: Seq): Promise<void> {
    this.#held ??= [];
    while (this.#last < upTo) {
      const page = await this.#api.events(streamOfConversation(this.#group), {
        after: this.#last,
        limit: 500,
      });
      for (const event of page.items) if (event.seq <= upTo) this.#take(event);
      if (page.items.length === 0) break;
    }
    const held = this.#held;
    this.#held = null;
    for (const event of held) if (event.seq > this.#last) this.#take(event);
  }
}
