import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type MessagesFate,
  type Seq,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { erasedNames } from '../accounts/erased.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { Clock } from '../clock.ts';
import { withdrawMember } from '../conversations/members.ts';
import type { Logger } from '../log.ts';
import { eraseMessages } from '../messages/erase.ts';
import type { Append, Outcome } from '../stream/append.ts';

/** How often erasures that were begun elsewhere, or cut off, are looked for. */
const LOOK_MS = 30_000;
/** After trouble with the database. */
const AGAIN_MS = 2_000;

/** What erasures work with. */
export interface ErasuresDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sessions: Sessions;
}

/**
 * Takes away what deleted accounts have left: their sessions, their places in groups, their names
 * in old events, and their messages where that was wished.
 *
 * 1. It begins with the commit of the deletion, and goes on after a crash: each step looks at what
 *    is still there, so that two nodes at once, or one twice, do no harm.
 * 2. Messages go by `message.deleted` through the streams, like any deletion, in small batches.
 */
export class Erasures {
  readonly #context: ErasuresDeps;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  constructor(context: ErasuresDeps) {
    this.#context = context;
  }

  /** Begins to look for what is to be done, until {@link stop}. */
  start(): void {
    this.#timer = setInterval(() => this.wake(), LOOK_MS);
    this.#timer.unref();
    this.wake();
  }

  /** Looks now. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Ends after the batch that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearInterval(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { pool, log } = this.#context;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        const { rows } = await pool.query<{ account_id: AccountId; messages: MessagesFate }>(
          'select account_id, messages from erasures where done_at is null order by requested_at',
        );
        for (const { account_id: account, messages } of rows) {
          if (await this.#erase(account, messages)) log.info({ account }, 'an account was erased');
          if (this.#stopped) return;
        }
      } catch (error) {
        log.warn({ err: error }, 'an erasure was cut off; it goes on in a moment');
        const timer = setTimeout(() => this.wake(), AGAIN_MS);
        timer.unref();
      }
    }
  }

  /** Does what is left of one erasure; false when it was stopped in between. */
  async #erase(account: AccountId, messages: MessagesFate): Promise<boolean> {
    const { pool, append, clock, sessions } = this.#context;
    await sessions.endAll(account);
    const { rows } = await pool.query<{ id: ConversationId; current: boolean; kind: string }>({
      name: 'erasures-conversations',
      text: `select m.conversation_id as id, bool_or(m.left_seq is null) as current, min(c.kind) as kind
             from memberships m join conversations c on c.id = m.conversation_id
             where m.account_id = $1
             group by 1 order by 1`,
      values: [account],
    });
    for (const { id: conversation, current, kind } of rows) {
      if (messages === 'delete' && !(await this.#eraseIn(account, conversation))) return false;
      // The other person of a direct conversation keeps it.
      if (!current || kind === 'direct') continue;
      const clientId = uuidv7() as ClientId;
      settled(await withdrawMember(append, { actor: account, clientId, conversation }));
      if (this.#stopped) return false;
    }
    await this.#forgetNames(account);
    await pool.query('update erasures set done_at = $2 where account_id = $1', [
      account,
      new Date(clock.now()),
    ]);
    return true;
  }

  async #eraseIn(account: AccountId, conversation: ConversationId): Promise<boolean> {
    let after = 0 as Seq;
    for (;;) {
      const batch = await eraseMessages(this.#context, account, conversation, after);
      if (!batch) return true;
      settled(batch.outcome);
      after = batch.upTo;
      if (this.#stopped) return false;
    }
  }

  /** The events of the workspace tell no names of it any more. Their places and times stay. */
  async #forgetNames(account: AccountId): Promise<void> {
    await this.#context.pool.query({
      name: 'erasures-forget-names',
      text: `update events set data = $3, command_digest = null
             where stream_id = $1 and type in ('user.registered', 'user.updated')
               and data ->> 'account' = $2`,
      values: [WORKSPACE_STREAM, account, JSON.stringify({ account, ...erasedNames(account) })],
    });
  }
}

/** @throws when the command was not carried out: it is tried again */
function settled(outcome: Outcome): void {
  if (outcome.kind === 'stored') return;
  const why = outcome.kind === 'refused' ? outcome.refusal.code : 'outcome unknown';
  throw new Error(`A step of an erasure was not carried out: ${why}`);
}
