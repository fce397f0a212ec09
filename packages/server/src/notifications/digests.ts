import { type AccountId, NOTIFICATION_DEFAULTS, type NotificationSettings } from '@parley/protocol';
import type pg from 'pg';
import { digestEmail } from '../email/digest-email.ts';
import type { ComposedEmail, EmailResult, Emails, Queryable } from '../email/emails.ts';
import { isUndeliverable, recordUndeliverable } from '../email/undeliverable.ts';
import type { Vault } from '../encryption/vault.ts';
import { mayAct } from '../permissions/account-state.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import { withTransaction } from '../storage/database.ts';
import { textsFor } from '../texts/texts.ts';
import { currentSettings } from './current-settings.ts';
import {
  type DigestMessage,
  digestOf,
  missedMessages,
  recheckMessages,
} from './digest-messages.ts';
import type { PresenceOf } from './recipients.ts';
import { unsubscribeUrl } from './unsubscribe.ts';

/** The purpose of the emails. */
const PURPOSE = 'digest';
/** The interval of the search for due digests, ms. */
const POLL_MS = 15_000;
/** An email that could not be sent for this long is abandoned, ms. */
const TTL_MS = 86_400_000;

interface DigestsDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly vault: Vault;
  readonly emails: Emails;
  readonly settings: Pick<ServerSettings, 'current'>;
  /** The URL of the server. */
  readonly url: string;
}

/** An account with a due digest. */
interface DueRow {
  readonly account: AccountId;
  readonly since: Date;
  readonly email: string | null;
  readonly general: Partial<NotificationSettings> | null;
  /** Minutes since it was last connected; null: unknown. */
  readonly awayMinutes: number | null;
}

/**
 * Emails accounts about missed direct messages and mentions, one email for all of them.
 *
 * 1. An account is processed after the delay it chose, on one node at a time: the result and the
 *    email are stored in one transaction, so there is one email whatever is killed.
 * 2. While it is using a device, processing is deferred.
 * 3. The content is read right before sending: nothing that was meanwhile read, deleted or muted,
 *    is from a blocked user, or is no longer visible to the account. It is sent to the current
 *    address.
 * 4. Nothing is sent to an address that was permanently rejected, until it is changed or confirmed.
 */
export class Digests {
  readonly #deps: DigestsDeps;
  readonly #worker: BackgroundWorker;
  #presenceOf: PresenceOf = () => 'unknown';

  constructor(deps: DigestsDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#processDue(isStopped),
      pollMs: POLL_MS,
      retryMs: POLL_MS,
      onError: (error) => deps.log.warn({ err: error }, 'missed messages not checked'),
    });
    deps.emails.compose(PURPOSE, async (email, stored) =>
      stored === null
        ? { content: null, record: unreadableRecorder(email) }
        : await this.#compose(email, JSON.parse(stored) as DigestMessage[]),
    );
  }

  /** Sets the source of who is using a device; until then no account is processed. */
  usePresence(presenceOf: PresenceOf): void {
    this.#presenceOf = presenceOf;
  }

  /** Starts sending due digests, until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Processes due digests now. */
  wake(): void {
    this.#worker.wake();
  }

  /** Stops after the current account. */
  async stop(): Promise<void> {
    await this.#worker.stop();
  }

  async #processDue(isStopped: () => boolean): Promise<void> {
    while (!isStopped()) {
      const result = await withTransaction(this.#deps.pool, (client) => this.#processNext(client));
      if (result === 'none') return;
      if (result === 'stored') this.#deps.emails.wake();
    }
  }

  /** Processes one account whose time has come; `none`: there is none, `nothing`: it gets no email now. */
  async #processNext(client: pg.ClientBase): Promise<'none' | 'nothing' | 'stored'> {
    const row = await takeDue(client);
    if (!row) return 'none';
    const { account, since, email } = row;
    const { emailDelayMinutes: delay } = { ...NOTIFICATION_DEFAULTS, ...row.general };
    // The outbox of a server without SMTP is readable by admins, who may not read the messages of
    // others.
    const isReachable = email !== null && this.#deps.emails.kind === 'smtp';
    if (!isReachable || delay === null) {
      await clearDue(client, account, { isEmailed: false });
      return 'nothing';
    }
    const wait = this.#waitOf(row, delay);
    if (wait > 0) {
      await client.query({
        name: 'digests-wait',
        text: `update notification_digests set due_at = now() + make_interval(mins => $2) where account_id = $1`,
        values: [account, wait],
      });
      return 'nothing';
    }
    const missed = await missedMessages(client, account, since, delay);
    const reasons = await recheckMessages(client, account, missed, this.#deps.clock.now());
    const included = missed.filter((_, n) => reasons[n] === null);
    if (included.length === 0) {
      await clearDue(client, account, { isEmailed: false });
      return 'nothing';
    }
    const id = await this.#deps.emails.put(
      {
        purpose: PURPOSE,
        account,
        recipient: email,
        // The admins’ list of emails must not reveal whom the account talks to.
        subject: 'Unread messages',
        text: JSON.stringify(included),
        ttlMs: TTL_MS,
      },
      client,
    );
    await storePending(client, account, included);
    this.#deps.log.debug({ email: id, messages: included.length }, 'missed messages emailed');
    await clearDue(client, account, { isEmailed: true });
    return 'stored';
  }

  /** Returns the minutes to defer an account that was in use recently; 0: process it now. */
  #waitOf({ account, awayMinutes }: DueRow, delay: number): number {
    if (this.#presenceOf(account) !== 'away') return delay;
    return awayMinutes !== null && awayMinutes < delay ? Math.ceil(delay - awayMinutes) : 0;
  }

  async #compose(
    { account }: { readonly account: AccountId | null },
    messages: readonly DigestMessage[],
  ): Promise<ComposedEmail> {
    const { pool, clock, vault, settings, url } = this.#deps;
    const to = account === null ? null : await recipientOf(pool, account);
    if (account === null || !to) {
      return {
        content: null,
        record: recorder(
          account,
          messages,
          messages.map(() => 'not_member'),
        ),
      };
    }
    const reasons = await recheckMessages(pool, account, messages, clock.now());
    const record = recorder(account, messages, reasons);
    const included = messages.filter((_, n) => reasons[n] === null);
    if (included.length === 0) return { content: null, record };
    const { conversations, others } = await digestOf(pool, included);
    const content = digestEmail({
      account,
      server: url,
      conversations,
      others,
      showsContent: settings.current.emailContent,
      unsubscribeUrl: unsubscribeUrl(vault, url, account),
      timeZone: to.timeZone,
      texts: textsFor(to.locale),
    });
    // The account may have changed its address since the email was stored.
    return {
      content,
      recipient: to.email,
      record: async (on, result) => {
        await record(on, result);
        if (result.kind !== 'failed' || !result.isOfAddress) return;
        await recordUndeliverable(on, account, to.email, result.error);
      },
    };
  }
}

/** Locks the account that has been due longest; other nodes skip it. */
async function takeDue(client: pg.ClientBase): Promise<DueRow | undefined> {
  const { rows } = await client.query<DueRow>({
    name: 'digests-due',
    text: `select g.account_id as account, g.since,
             case when a.verified_at is not null and ${mayAct('a')} and not ${isUndeliverable('a')}
               then a.email end as email,
             ${currentSettings('g.account_id', 'v.conversation_id is null')} as general,
             (select extract(epoch from now() - l.at)::float8 / 60 from last_seen l
              where l.account_id = g.account_id) as "awayMinutes"
           from notification_digests g
           join accounts a on a.id = g.account_id
           where g.due_at <= now()
           order by g.due_at limit 1
           for update of g skip locked`,
  });
  return rows[0];
}

interface DigestRecipient {
  email: string;
  timeZone: string | null;
  locale: string | null;
}

async function recipientOf(
  pool: pg.Pool,
  account: AccountId,
): Promise<DigestRecipient | undefined> {
  const { rows } = await pool.query<DigestRecipient>({
    name: 'digests-recipient',
    text: `select email, time_zone as "timeZone", locale from accounts a
           where id = $1 and email is not null and verified_at is not null and ${mayAct('a')}
             and not ${isUndeliverable('a')}`,
    values: [account],
  });
  return rows[0];
}

/** Clears the due time: nothing is due until the next decision. */
async function clearDue(
  client: pg.ClientBase,
  account: AccountId,
  { isEmailed }: { isEmailed: boolean },
): Promise<void> {
  await client.query({
    name: 'digests-passed',
    text: `update notification_digests
           set due_at = null, emailed_at = case when $2 then now() else emailed_at end
           where account_id = $1`,
    values: [account, isEmailed],
  });
}

/** Records that an email with the messages is queued. */
async function storePending(
  client: pg.ClientBase,
  account: AccountId,
  messages: readonly DigestMessage[],
): Promise<void> {
  await client.query({
    name: 'digests-pending',
    text: `insert into notification_deliveries (account_id, conversation_id, message_seq, channel, due_at)
           select $1, r.conversation, r.seq, 'email', 'infinity'
           from unnest($2::uuid[], $3::int8[]) r (conversation, seq)
           on conflict do nothing`,
    values: [account, messages.map((m) => m.conversation), messages.map((m) => m.seq)],
  });
}

/**
 * Returns a function that records the result of an email; `reasons` are those of messages that it
 * left out.
 */
const recorder =
  (
    account: AccountId | null,
    messages: readonly DigestMessage[],
    reasons: readonly (string | null)[],
  ) =>
  async (on: Queryable, result: EmailResult): Promise<void> => {
    const isDeferred = result.kind === 'deferred';
    await on.query({
      name: 'digests-record',
      text: `update notification_deliveries d
             set attempts = d.attempts + 1, last_error = coalesce($5, d.last_error),
               outcome = case when $6 then null else r.outcome end,
               due_at = case when $6 then d.due_at end,
               finished_at = case when $6 then null else now() end
             from unnest($2::uuid[], $3::int8[], $4::text[]) r (conversation, seq, outcome)
             where d.account_id = $1 and d.conversation_id = r.conversation and d.message_seq = r.seq
               and d.channel = 'email' and d.due_at is not null`,
      values: [
        account,
        messages.map((m) => m.conversation),
        messages.map((m) => m.seq),
        reasons.map((reason) => reason ?? result.kind),
        'error' in result ? result.error.slice(0, 300) : null,
        isDeferred,
      ],
    });
  };

/**
 * Returns a function that records the failure of an email whose content is unreadable: for
 * everything that was pending for the account when it was stored. Clocks may differ by a minute;
 * emails to an account are further apart.
 */
const unreadableRecorder =
  ({ account, createdAt }: { readonly account: AccountId | null; readonly createdAt: Date }) =>
  async (on: Queryable, result: EmailResult): Promise<void> => {
    await on.query({
      name: 'digests-unreadable',
      text: `update notification_deliveries
             set attempts = attempts + 1, outcome = $3, last_error = $4, due_at = null, finished_at = now()
             where account_id = $1 and channel = 'email' and due_at is not null
               and created_at < $2::timestamptz + interval '1 minute'`,
      values: [account, createdAt, result.kind, 'error' in result ? result.error : null],
    });
  };
