import { ApiError, ParleyApi } from '@parley/client';
import { type AccountId, isRetryable, type RefusalCode } from '@parley/protocol';
import type { EventLoop } from '../event-loop/event-loop.ts';
import type { Process } from '../event-loop/process.ts';
import type { Network, NodeAnswer, NodeRequest } from '../network/network.ts';
import { tokenOf } from '../node/tokens.ts';

/** A request without an answer is sent again after this time, ms. */
const AGAIN_MS = 400;

/** The final answer to a request. */
export type Answer =
  | { readonly kind: 'done'; readonly seq: number; readonly body: unknown }
  /** It was executed, and the account has left the conversation since. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly code: string };

/**
 * Sends commands over REST, each with the same id until it is answered, like a program with a retry
 * loop.
 */
export class Requests {
  /** The process that sends the requests. */
  readonly process: Process;
  readonly #loop: EventLoop;
  readonly #network: Network;
  readonly #token: string;
  #api: ParleyApi | null = null;
  #open = 0;

  constructor(loop: EventLoop, network: Network, process: Process, account: AccountId) {
    this.#loop = loop;
    this.#network = network;
    this.process = process;
    this.#token = tokenOf(account);
  }

  /** Requests that have not been answered yet. */
  get open(): number {
    return this.#open;
  }

  /** Sends a command until it is answered. `which` in [0, 1) chooses the node. */
  async send(
    request: Pick<NodeRequest, 'method' | 'path' | 'id' | 'body'>,
    which?: number,
  ): Promise<Answer> {
    this.#open++;
    try {
      for (;;) {
        const answer = await this.#attempt({ ...request, token: this.#token }, which);
        if (answer) return answer;
        await this.#pause();
      }
    } finally {
      this.#open--;
    }
  }

  /**
   * Carries out a request of the SDK that changes nothing until it is answered, even if that is with a refusal.
   * `ask` is called for each attempt.
   */
  async untilAnswered(ask: (api: ParleyApi) => Promise<void>): Promise<void> {
    this.#open++;
    this.#api ??= new ParleyApi({
      url: 'http://parley',
      sessionToken: this.#token,
      fetch: fetchOf(this.#network, this.process),
    });
    const api = this.#api;
    try {
      while (!(await this.#isAnswered(() => ask(api)))) await this.#pause();
    } finally {
      this.#open--;
    }
  }

  async #isAnswered(ask: () => Promise<void>): Promise<boolean> {
    try {
      await this.#loop.within(this.process, ask);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return !error.retryable;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#loop.after(AGAIN_MS, this.process, () => resolve()));
  }

  async #attempt(request: NodeRequest, which: number | undefined): Promise<Answer | null> {
    let answer: NodeAnswer;
    try {
      answer = await this.#network.request(this.process, request, which);
    } catch {
      return null;
    }
    const { status, body } = answer;
    if (status < 400) return { kind: 'done', seq: (body as { seq: number }).seq, body };
    const { code } = body as { code: RefusalCode };
    if (code === 'no_longer_member') return { kind: 'gone' };
    return isRetryable(code) ? null : { kind: 'refused', code };
  }
}

/** Returns `fetch` for the SDK of one process of a client. */
export function fetchOf(network: Network, process: Process): typeof fetch {
  return (async (input: URL | string, init: RequestInit = {}) => {
    const url = new URL(input);
    const headers = init.headers as Record<string, string>;
    const answer = await network.request(process, {
      method: init.method ?? 'GET',
      path: url.pathname.replace('/api/v1', ''),
      query: url.searchParams,
      token: headers.authorization ?? null,
      id: headers['idempotency-key'] ?? null,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : null,
    });
    // The part of a response that the SDK reads.
    return {
      ok: answer.status < 400,
      status: answer.status,
      headers: new Map<string, string>(),
      text: async () => JSON.stringify(answer.body),
    };
  }) as unknown as typeof fetch;
}
