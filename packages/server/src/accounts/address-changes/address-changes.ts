import {
  type AccountId,
  type ClientId,
  type Me,
  refusal,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Emails } from '../../email/emails.ts';
import { addressChangedEmail } from '../../email/templates.ts';
import { forgetUndeliverable } from '../../email/undeliverable.ts';
import { RefusalError, storedOrRefuse } from '../../http/errors.ts';
import { withTransaction } from '../../storage/database.ts';
import type { Append } from '../../stream/append.ts';
import { type AuditedCommand, runAudited, withAuditNote } from '../../stream/audited-command.ts';
import { StatementList } from '../../stream/statement-list.ts';
import { newEvent, type Rule } from '../../stream/stream-transaction.ts';
import { textsFor } from '../../texts/texts.ts';
import { type AttemptLimits, accountKey, addressKey } from '../attempts/attempt-limits.ts';
import type { Registrations } from '../registration/registrations.ts';
import { rowsOf } from '../tickets/tickets.ts';
import { conflictErrors, conflictRefusal } from '../users/conflicts.ts';
import { emailKey } from '../users/names.ts';
import { findConflicts } from '../users/queries.ts';
import type { EmailCodes, VerifiedCode } from '../verification/email-codes.ts';

/** The notice to the previous address expires after a day. */
const NOTICE_MS = 24 * 3_600_000;

interface AddressChangesDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly codes: EmailCodes;
  readonly limits: AttemptLimits;
  readonly registrations: Pick<Registrations, 'verifies' | 'domainErrors'>;
  readonly emails: Emails;
  readonly audit: AuditLog;
  /** The server’s public address, for its emails. */
  readonly server: () => string;
}

/**
 * Changes of a user’s own email address.
 *
 * 1. An address changes only when a code that was sent to the new one is entered.
 * 2. Where registrations do not reveal which addresses have an account, changes do not either: the owner of the address
 *    gets an email instead of the code.
 * 3. The previous address gets a notice. Codes and links that were sent to it stop working; sessions continue.
 */
export class AddressChanges {
  readonly #deps: AddressChangesDeps;

  constructor(deps: AddressChangesDeps) {
    this.#deps = deps;
  }

  /**
   * Sends a code to a new address, requested from `address`; returns the seconds until another one may be requested.
   * @throws {RefusalError} invalid, for a domain that may not register; email_taken; rate_limited
   */
  async request(me: Me, email: string, address: string): Promise<number> {
    const { pool, codes, limits, emails, registrations } = this.#deps;
    const { id: account, locale } = me;
    const errors = registrations.domainErrors(email);
    if (errors.length > 0) throw new RefusalError(refusal('invalid', undefined, { errors }));
    const isTaken = async () => (await findConflicts(pool, null, email, account)).email;
    const isRegistered = await isTaken();
    if (isRegistered && !registrations.verifies) throw new RefusalError(taken());
    await limits.take('newAddress', accountKey(account));
    const key = { account, purpose: 'change' } as const;
    const pending = await codes.ofAccount(account, 'change');
    const source = addressKey(address);
    if (pending && emailKey(pending.email) === emailKey(email)) {
      return codes.resend(key, source, isTaken);
    }
    await limits.takeEmail(emailKey(email), source);
    const { resendAfter } = await withTransaction(pool, (client) =>
      codes.start({ ...key, email, isRegistered, locale, data: {} }, client),
    );
    emails.wake();
    return resendAfter;
  }

  /**
   * Changes the address to the one that a code was sent to; `address` is the source of the request.
   * @throws {RefusalError} code_expired, if the code was used concurrently; email_taken; session_ended
   */
  async confirm(account: AccountId, code: VerifiedCode<unknown>, address: string): Promise<void> {
    const { append, audit, emails } = this.#deps;
    const command: ChangeAddressCommand = {
      rule: changeAddressRule,
      actor: account,
      clientId: uuidv7() as ClientId,
      stream: WORKSPACE_STREAM,
      eventType: 'user.updated',
      payload: [code.id],
      bytes: 600,
      audit: { log: audit, address },
      note: null,
      code,
      deps: this.#deps,
    };
    storedOrRefuse(await runAudited(append, command));
    emails.wake();
  }
}

interface ChangeAddressCommand extends AuditedCommand {
  readonly code: VerifiedCode<unknown>;
  readonly deps: AddressChangesDeps;
}

const changeAddressRule: Rule<ChangeAddressCommand> = {
  name: 'accounts.change-address',
  async decide(tx, command) {
    const { actor: account, code, deps } = command;
    const { email } = code;
    if (!(await deps.codes.lockUnused(code.id, rowsOf(tx)))) {
      return { refuse: refusal('code_expired') };
    }
    const [user] = await tx.query<{
      username: string;
      display_name: string;
      email: string | null;
      locale: string | null;
    }>(
      'accounts-own-address',
      'select username, display_name, email, locale from accounts where id = $1 and is_active for no key update',
      [account],
    );
    if (!user) return { refuse: refusal('session_ended') };
    // The lock on the workspace stream serializes registrations: an address that is free here stays free.
    const conflicts = await findConflicts(rowsOf(tx), null, email, account);
    if (conflicts.email) return { refuse: taken() };
    const writes = new StatementList();
    await writes.query({
      name: 'accounts-set-address',
      text: `update accounts set email = $2, email_key = $3, verified_at = $4,
                                 credentials_version = credentials_version + 1
             where id = $1`,
      values: [account, email, emailKey(email), tx.at],
    });
    await writes.query(forgetUndeliverable(account));
    // Codes and links that were sent to the previous address, and this one.
    await writes.query({
      name: 'accounts-end-secrets',
      text: 'delete from one_time_secrets where account_id = $1',
      values: [account],
    });
    if (user.email !== null && emailKey(user.email) !== emailKey(email)) {
      const texts = textsFor(user.locale);
      await deps.emails.put(
        {
          purpose: 'address-changed',
          account,
          recipient: user.email,
          ...addressChangedEmail(texts, deps.server(), email),
          ttlMs: NOTICE_MS,
        },
        writes,
      );
    }
    // Nothing that everyone sees has changed: the event lets the user’s other devices read the account again.
    const { username, display_name: displayName } = user;
    const updated = newEvent(WORKSPACE_STREAM, 'user.updated', { account, username, displayName });
    return withAuditNote(
      command,
      { event: 'email_changed', account },
      { events: [updated], writes: writes.statements },
    );
  },
};

/** Returns the refusal of an address that another account has. */
const taken = () =>
  conflictRefusal(conflictErrors({ username: null, email: true })) ?? refusal('email_taken');
