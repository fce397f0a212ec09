import { setTimeout as pause } from 'node:timers/promises';
import { ApiError, ParleyApi, ParleyClient } from '@parley/client';
import { nodeSocket } from '@parley/client/node';
import { type AccountId, type ConversationId, isRetryable } from '@parley/protocol';

/** Open sockets; the least recently used one is disconnected first. */
const SOCKETS = 64;
/** Concurrent registrations: each costs a password hash. */
const REGISTERING = 4;

/** A speaker of the logs. */
interface Speaker {
  readonly api: ParleyApi;
  readonly account: AccountId;
}

/** The speakers of the logs: an account for each nick, and a socket while it posts. */
export class Speakers {
  readonly #url: string;
  readonly #run: string;
  readonly #speakers = new Map<string, Speaker>();
  /** In the order of their last use. */
  readonly #clients = new Map<string, Promise<ParleyClient>>();
  readonly #busy = new Map<string, number>();

  /** `run` makes the usernames of several runs on one server unique. */
  constructor(url: string, run: string) {
    this.#url = url;
    this.#run = run;
  }

  /** Returns the account of a nick. */
  account(nick: string): AccountId {
    return this.#speaker(nick).account;
  }

  /** Registers the nicks and adds them to the group. */
  async register(
    nicks: readonly string[],
    group: ConversationId,
    progress: (done: number) => void,
  ): Promise<void> {
    let next = 0;
    let done = 0;
    const work = async () => {
      for (let n = next++; n < nicks.length; n = next++) {
        await this.#register(nicks[n] as string, n, group);
        progress(++done);
      }
    };
    await Promise.all(Array.from({ length: REGISTERING }, work));
  }

  /** Posts as the nick over its own socket; resolves when the message is acknowledged. */
  async post(nick: string, group: ConversationId, body: string): Promise<number> {
    this.#busy.set(nick, (this.#busy.get(nick) ?? 0) + 1);
    try {
      const client = await this.#client(nick);
      return (await client.post(group, body).settled).seq;
    } finally {
      const left = (this.#busy.get(nick) ?? 1) - 1;
      if (left > 0) this.#busy.set(nick, left);
      else this.#busy.delete(nick);
    }
  }

  /** Closes all sockets. */
  async stop(): Promise<void> {
    for (const client of this.#clients.values()) await (await client).stop();
    this.#clients.clear();
  }

  async #register(nick: string, n: number, group: ConversationId): Promise<void> {
    const api = new ParleyApi({ url: this.#url });
    // Nicks that differ only in case or marks are different accounts: the number distinguishes them.
    const slug =
      nick
        .toLowerCase()
        .replace(/[^a-z0-9]/g, '')
        .slice(0, 12) || 'irc';
    const username = `${slug}-${n.toString(36)}-${this.#run}`;
    const me = await retried(() =>
      api.register({
        username,
        displayName: nick.trim() || username,
        email: `${username}@irc.example`,
        password: `replayed from a log ${this.#run}`,
      }),
    );
    await retried(() => api.join(group));
    this.#speakers.set(nick, { api, account: me.id });
  }

  #speaker(nick: string): Speaker {
    const speaker = this.#speakers.get(nick);
    if (!speaker) throw new Error(`No speaker has the nick ${nick}`);
    return speaker;
  }

  #client(nick: string): Promise<ParleyClient> {
    const open = this.#clients.get(nick) ?? this.#connect(nick);
    // Moves to the end of the order of use.
    this.#clients.delete(nick);
    this.#clients.set(nick, open);
    if (this.#clients.size > SOCKETS) this.#disconnectOne();
    return open;
  }

  #disconnectOne(): void {
    for (const [nick, client] of this.#clients) {
      if (this.#busy.has(nick)) continue;
      this.#clients.delete(nick);
      void client.then((c) => c.stop());
      return;
    }
  }

  async #connect(nick: string): Promise<ParleyClient> {
    const { api, account } = this.#speaker(nick);
    const client = new ParleyClient({ api, socket: nodeSocket, loadUsers: false });
    await client.start(account);
    await client.whenLive();
    return client;
  }
}

/** Sends a request, and retries while the server defers it. */
async function retried<T>(request: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof ApiError) || !isRetryable(error.code) || tries > 20) throw error;
      await pause((error.retryAfter ?? 1) * 1000);
    }
  }
}
