import { setTimeout as pause } from 'node:timers/promises';
import { ApiError, type ParleyApi } from '@parley/client';
import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type Message,
  streamOfConversation,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { CommandRecorder } from '../history/command-recorder.ts';
import type { Random } from '../lib/random.ts';
import {
  recordAnswer,
  type StepAnswer,
  type ThreadRequest,
  type ThreadTarget,
} from '../steps/thread-steps.ts';
import type { Conversation, RunContext } from './run-context.ts';

/** A request without an answer is repeated with the same id after this time, ms. */
const AGAIN_MS = 400;
/** A request times out after this time, ms. */
export const TIMEOUT_MS = 5_000;

interface RequestsDeps {
  readonly api: ParleyApi;
  readonly account: AccountId;
  readonly context: RunContext;
  readonly record: CommandRecorder;
  readonly random: Random;
}

/**
 * The requests of a client next to its own connection: they are repeated with the same id until they are
 * answered, on any node.
 */
export class Requests {
  readonly #api: ParleyApi;
  readonly #account: AccountId;
  readonly #context: RunContext;
  readonly #record: CommandRecorder;
  readonly #random: Random;
  /** Commands sent long ago, to be repeated: text and conversation. */
  readonly #past: { id: ClientId; conversation: ConversationId; body: string }[] = [];
  readonly #requests = new Set<Promise<void>>();

  constructor({ api, account, context, record, random }: RequestsDeps) {
    this.#api = api;
    this.#account = account;
    this.#context = context;
    this.#record = record;
    this.#random = random;
  }

  /** Repeats old commands, each on a random node, as a client with a stale outbox would. */
  repeatPast(): void {
    for (const past of this.#past.splice(0)) {
      const which = this.#random.next();
      this.run(async () => {
        await this.#postTo(which, past);
      });
    }
  }

  /** Resolves when all requests are answered. */
  async done(): Promise<void> {
    while (this.#requests.size > 0) await Promise.all(this.#requests);
  }

  /** Runs work that {@link done} waits for. */
  run(work: () => Promise<void>): void {
    const request = work().finally(() => this.#requests.delete(request));
    this.#requests.add(request);
  }

  /** Posts twice at once with one id, on two nodes if there are two. */
  async postBlindly(conversation: ConversationId, body: string): Promise<void> {
    const id = uuidv7() as ClientId;
    this.#record.requested(id, 'post', conversation, { text: body });
    const command = { id, conversation, body };
    const stored = await Promise.all([0, 0.999].map((which) => this.#postTo(which, command)));
    // A refused command may be stored when it is repeated: the account may have joined by then.
    if (stored.includes(true)) this.#past.push(command);
  }

  /** Posts two texts with one id at once, on two nodes if there are two: one must be rejected. */
  async postConflicting(conversation: ConversationId, body: string): Promise<void> {
    const id = uuidv7() as ClientId;
    const [one, other] = [`${body} (one)`, `${body} (other)`];
    this.#record.requested(id, 'post', conversation, { text: one });
    this.#record.rival(id, conversation, other);
    const commands = [one, other].map((text) => ({ id, conversation, body: text }));
    const stored = await Promise.all(
      commands.map((command, i) => this.#postTo(i * 0.999, command)),
    );
    // Later repetitions of both get the same answers.
    if (stored.includes(true)) this.#past.push(...commands);
  }

  /** `which` in [0, 1) chooses among the nodes that run at the moment. */
  async #postTo(
    which: number,
    { id, conversation, body }: { id: ClientId; conversation: ConversationId; body: string },
  ): Promise<boolean> {
    return this.#sendCommand(id, async () => {
      const nodes = this.#context.nodes();
      const node = nodes[Math.floor(which * nodes.length)];
      if (node === undefined) throw new ApiError('network', 'No node runs');
      const path = `/api/v1/conversations/${conversation}/messages`;
      const response = await fetch(new URL(path, node), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await this.#api.accessToken()}`,
          'content-type': 'application/json',
          'idempotency-key': id,
        },
        body: JSON.stringify({ body }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((cause: unknown) => {
        throw new ApiError('network', 'No answer', { cause });
      });
      if (!response.ok) {
        const problem = (await response.json()) as { code: string; detail?: string };
        if (response.status === 401) this.#api.dropAccessToken();
        throw new ApiError(problem.code as ApiError['code'], problem.detail ?? '', {
          status: response.status,
        });
      }
      const message = (await response.json()) as Message;
      this.#record.acked(id, streamOfConversation(conversation), message.seq, body);
    });
  }

  /** Joins or leaves a conversation, or adds or removes another account; `pick` chooses it. */
  async member(
    op: 'join' | 'leave' | 'add' | 'remove',
    conversation: Conversation,
    pick: number,
  ): Promise<void> {
    const { accounts } = this.#context;
    const founder = accounts[conversation.founder] as AccountId;
    const others = accounts.filter((a) => a !== founder);
    const whom = others[Math.floor(pick * others.length)] as AccountId;
    // The founder never leaves, to read the whole log at the end.
    if (op === 'leave' && this.#account === founder) return;
    const id = uuidv7() as ClientId;
    const about = op === 'add' || op === 'remove' ? { whom } : {};
    this.#record.requested(id, op, conversation.id, about);
    await this.#sendCommand(id, async () => {
      if (op === 'join') await this.#api.join(conversation.id, id);
      else if (op === 'leave') await this.#api.leave(conversation.id, id);
      else if (op === 'add') await this.#api.addMember(conversation.id, whom, id);
      else await this.#api.removeMember(conversation.id, whom, id);
    });
  }

  /** Sends the request of a step, if there is something that it can act on. */
  async send(request: ThreadRequest | null, target: ThreadTarget): Promise<void> {
    if (!request) return;
    const id = uuidv7() as ClientId;
    const { method, path, body, command } = request;
    if (command) this.#record.requested(id, command.op, target.conversation, command.details);
    const send = async () => {
      const options = body === null ? { id } : { id, body };
      const answer = await this.#api.request<StepAnswer>(method, path, options);
      recordAnswer(this.#record, id, target, request, answer);
    };
    await (command ? this.#sendCommand(id, send) : this.untilAnswered(send));
  }

  /** Sends a command with the same id until it is answered. Returns whether it was carried out. */
  async #sendCommand(id: ClientId, send: () => Promise<void>): Promise<boolean> {
    const refusal = await refusalOf(send);
    // It was carried out, and another member has undone it since.
    if (refusal === null || refusal.code === 'no_longer_member') return true;
    this.#record.nacked(id, refusal.code);
    return false;
  }

  /** Retries a request that changes nothing until it is answered, even if that is with a refusal. */
  async untilAnswered(send: () => Promise<void>): Promise<void> {
    await refusalOf(send);
  }

  /** Retries work until it succeeds; only temporary failures are retried. */
  async untilDone(work: () => Promise<void>): Promise<void> {
    const refusal = await refusalOf(work);
    if (refusal !== null) throw refusal;
  }
}

/** Runs work until it succeeds or is refused. Returns the refusal; null after success. */
async function refusalOf(work: () => Promise<void>): Promise<ApiError | null> {
  for (;;) {
    try {
      await work();
      return null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!isTransient(error)) return error;
    }
    await pause(AGAIN_MS);
  }
}

/** Returns whether a request may succeed later, also because its access token is renewed first. */
function isTransient({ code, retryable }: ApiError): boolean {
  return retryable || code === 'unauthenticated' || code === 'token_expired';
}
