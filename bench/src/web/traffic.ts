import { setTimeout as pause } from 'node:timers/promises';
import { ParleyApi, ParleyClient } from '@parley/client';
import { nodeSocket } from '@parley/client/node';
import type { ConversationId } from '@parley/protocol';
import type { Login } from './fill.ts';

/** Messages posted at a time, and how often, ms. */
const TICK_MS = 20;
/** Commands that may be unanswered; more are not sent. */
const UNANSWERED_MAX = 200;

/** A client that posts messages at a rate into groups in turn. */
export class Traffic {
  readonly #client: ParleyClient;
  readonly #groups: readonly ConversationId[];
  #posted = 0;
  #unanswered = 0;
  #timer: NodeJS.Timeout | null = null;
  #startedAt = 0;

  private constructor(client: ParleyClient, groups: readonly ConversationId[]) {
    this.#client = client;
    this.#groups = groups;
  }

  /** Connects as an account that is a member of the groups. */
  static async connect(
    url: string,
    { username, password }: Login,
    groups: readonly ConversationId[],
  ): Promise<Traffic> {
    const api = new ParleyApi({ url });
    const me = await api.login(username, password);
    const client = new ParleyClient({ api, socket: nodeSocket, loadUsers: false });
    const isLive = new Promise<void>((resolve) => {
      const end = client.subscribe(() => {
        if (client.snapshot.state !== 'live') return;
        end();
        resolve();
      });
    });
    await client.start(me.id);
    await isLive;
    return new Traffic(client, groups);
  }

  /** The number of messages that were stored. */
  get posted(): number {
    return this.#posted;
  }

  /** Starts to post so many messages a second, or as many as the server can store. */
  start(perSecond: number): void {
    this.#startedAt = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#startedAt) * perSecond) / 1_000;
      for (; sent < due && this.#unanswered < UNANSWERED_MAX; sent++) {
        const group = this.#groups[sent % this.#groups.length] as ConversationId;
        this.#unanswered++;
        const { settled } = this.#client.post(group, `message ${sent} of a busy server`);
        void settled.then(() => {
          this.#unanswered--;
          this.#posted++;
        });
      }
    }, TICK_MS);
  }

  /** Resolves when so many messages were stored, or the time is over, ms. */
  async until(count: number, ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (this.#posted < count && performance.now() < end) {
      await pause(100);
    }
  }

  /** Stops, and returns the messages a second that were stored. */
  async stop(): Promise<number> {
    if (this.#timer) clearInterval(this.#timer);
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    await this.#client.stop();
    return this.#posted / seconds;
  }
}
