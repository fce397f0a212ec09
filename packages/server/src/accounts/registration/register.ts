import {
  type AccountId,
  type AccountKind,
  type AccountRole,
  type ClientId,
  type Refusal,
  refusal,
  SETUP_STEPS,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { Auditing, AuditNote } from '../../audit/audit-log.ts';
import { EVERYONE_STREAM, everyoneEvents } from '../../conversations/everyone.ts';
import { guestJoinEvents } from '../../conversations/guest-groups.ts';
import type { Append, Outcome } from '../../stream/append.ts';
import { StatementList } from '../../stream/statement-list.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type RuleContext,
  type Statement,
} from '../../stream/stream-transaction.ts';
import { lockInvitation, type NewGuest, useInvitation } from '../invitations/invitations.ts';
import { rowsOf } from '../tickets/tickets.ts';
import { conflictErrors, conflictRefusal } from '../users/conflicts.ts';
import { emailKey } from '../users/names.ts';
import { findConflicts } from '../users/queries.ts';

/** A new account; validated by its schema already. */
export interface Registration {
  readonly username: string;
  readonly displayName: string;
  /** Null for service accounts. */
  readonly email: string | null;
  /** Null when the user logs in otherwise, or sets a password later. */
  readonly passwordHash: string | null;
  /** Defaults to `user`. */
  readonly kind?: AccountKind;
  /** Defaults to `member`; the first account is always the owner. */
  readonly role?: AccountRole;
  /** What the account gets access to, if its role is `guest`. */
  readonly guest?: NewGuest | undefined;
  /** The address was verified already, for instance by an identity provider. */
  readonly verified?: boolean;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly phone?: string | undefined;
  /** The locale of the user; absent or null: not known. */
  readonly locale?: string | null;
  /** SHA-256 (hexadecimal) of the invitation’s token, which the registration uses up. */
  readonly invitation?: string | undefined;
  /**
   * Applies the server setting `registration` as read in the transaction, knowing whether this is
   * the first account. Without it the account is created regardless of the setting, as admins may.
   */
  readonly admit?: (first: boolean, tx: RuleContext) => Promise<Refusal | null>;
  /** Checks conditions before all others; a refusal ends the registration. */
  readonly check?: (tx: RuleContext) => Promise<Refusal | null>;
  /** Adds statements to those that are executed once the account exists. */
  readonly write?: (account: AccountId, writes: StatementList) => Promise<void>;
  /** Stored with the account and logged after the commit. */
  readonly audit: Auditing;
  /** The actor and client id, if another account creates it. */
  readonly by?: { readonly actor: AccountId; readonly clientId: ClientId };
}

interface RegisterCommand extends Command {
  readonly account: AccountId;
  readonly registration: Registration;
  readonly note: AuditNote;
}

/**
 * Creates an account in one transaction: its row, its personal stream, its membership in the group
 * of everyone, or those in the groups of a guest, and the events that announce it.
 */
export async function registerAccount(
  append: Append,
  registration: Registration,
): Promise<{ account: AccountId; outcome: Outcome }> {
  const account = uuidv7() as AccountId;
  const { by, audit, guest, role = guest ? 'guest' : 'member' } = registration;
  const created = by !== undefined || audit.address === null;
  const note = audit.log.note({
    event: created ? 'account_created' : 'account_registered',
    account,
    actor: by?.actor,
    address: audit.address,
    ...(created && { details: { role } }),
  });
  const command: RegisterCommand = {
    note,
    rule: registerRule,
    actor: registration.by?.actor ?? account,
    clientId: registration.by?.clientId ?? (uuidv7() as ClientId),
    stream: WORKSPACE_STREAM,
    alsoLocks: guest ? guest.groups.map(streamOfConversation) : [EVERYONE_STREAM],
    eventType: 'user.registered',
    payload: [
      registration.username,
      registration.displayName,
      registration.email,
      registration.role ?? null,
      registration.kind ?? null,
      ...(guest ? ['guest', guest.accessEndsAt, ...guest.groups] : []),
    ],
    bytes: 1_000 * (1 + (guest?.groups.length ?? 0)),
    account,
    registration,
  };
  const outcome = await append.run(command);
  if (outcome.kind === 'stored') note.log();
  return { account, outcome };
}

const registerRule: Rule<RegisterCommand> = {
  name: 'accounts.register',
  async decide(tx, command) {
    const { account, registration, note } = command;
    const { username, displayName, email } = registration;
    // First: a registration that is confirmed twice would conflict with its own account.
    const refused = await registration.check?.(tx);
    if (refused) return { refuse: refused };
    // The lock on the workspace stream serializes registrations: names that are free here stay
    // free.
    const conflicts = await findConflicts(rowsOf(tx), username, email);
    const denied =
      (await registration.admit?.(conflicts.isFirstAccount, tx)) ??
      conflictRefusal(conflictErrors(conflicts));
    if (denied) return { refuse: denied };
    const writes = new StatementList();
    // The first account belongs to the person who set up the server.
    const guest = conflicts.isFirstAccount ? undefined : registration.guest;
    const role = conflicts.isFirstAccount
      ? 'owner'
      : guest
        ? 'guest'
        : (registration.role ?? 'member');
    await writes.query(storePrivate(account, registration, role, tx.at));
    if (registration.invitation !== undefined) {
      const token = Buffer.from(registration.invitation, 'hex');
      if (!(await lockInvitation(tx, token, email))) {
        return { refuse: refusal('invitation_expired') };
      }
      await writes.query(useInvitation(token));
    }
    await registration.write?.(account, writes);
    await note.store(writes);
    if (guest?.accessEndsAt && Date.parse(guest.accessEndsAt) <= Date.parse(tx.at)) {
      return { refuse: refusal(registration.invitation ? 'invitation_expired' : 'time_passed') };
    }
    const joined = guest
      ? await guestJoinEvents(tx, account, guest.groups, guest.invitedBy)
      : everyoneEvents(account);
    // A guest without a group would see nothing.
    if (joined.length === 0) return { refuse: refusal('invitation_expired') };
    const registered = newEvent(WORKSPACE_STREAM, 'user.registered', {
      account,
      username,
      displayName,
      ...(guest && { role: 'guest' as const }),
      ...(guest?.accessEndsAt && { accessEndsAt: guest.accessEndsAt }),
    });
    // The user who set up the server is guided through its settings.
    const setup = conflicts.isFirstAccount
      ? [newEvent(WORKSPACE_STREAM, 'server.updated', { setupSteps: [...SETUP_STEPS] })]
      : [];
    return {
      newStreams: [{ id: streamOfAccount(account), kind: 'personal' }],
      events: [registered, ...setup, ...joined],
      writes: writes.statements,
    };
  },
};

/** Returns the statement that stores what the event of the registration does not say. */
const storePrivate = (
  account: AccountId,
  registration: Registration,
  role: AccountRole,
  at: string,
): Statement => ({
  name: 'accounts-store-private',
  text: `update accounts
         set email = $2, email_key = $3, password_hash = $4, role = $5, kind = $6,
             verified_at = $7, first_name = $8, last_name = $9, phone = $10, locale = $11
         where id = $1`,
  values: [
    account,
    registration.email,
    registration.email === null ? null : emailKey(registration.email),
    registration.passwordHash,
    role,
    registration.kind ?? 'user',
    registration.verified === true ? at : null,
    registration.firstName ?? null,
    registration.lastName ?? null,
    registration.phone ?? null,
    registration.locale ?? null,
  ],
});
