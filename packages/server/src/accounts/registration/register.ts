import {
  type AccountId,
  type AccountKind,
  type AccountRole,
  type ClientId,
  type Refusal,
  refusal,
  streamOfAccount,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { Auditing, AuditNote } from '../../audit/audit-log.ts';
import { EVERYONE_STREAM, everyoneEvents } from '../../conversations/everyone.ts';
import type { Append, Outcome } from '../../stream/append.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type StreamTransaction,
} from '../../stream/stream-transaction.ts';
import { useInvitation } from '../invitations/invitations.ts';
import { rowsOf } from '../tickets/tickets.ts';
import { displayNameSkeleton, emailKey, usernameKey, usernameSkeleton } from '../users/names.ts';
import { whatIsTaken } from '../users/queries.ts';
import { takenErrors, takenRefusal } from '../users/taken.ts';

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
  /** The address was verified already, for instance by an identity provider. */
  readonly verified?: boolean;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly phone?: string | undefined;
  /** SHA-256 (hexadecimal) of the invitation’s token, which the registration uses up. */
  readonly invitation?: string | undefined;
  /**
   * Applies the setting REGISTRATION, knowing whether this would be the first account; without it
   * the account is created whatever the setting is, as admins may.
   */
  readonly admit?: (first: boolean) => Refusal | null;
  /** Called before anything is written; a refusal ends the registration. */
  readonly before?: (tx: StreamTransaction) => Promise<Refusal | null>;
  /** Further statements of the same transaction, after the account exists. */
  readonly after?: (tx: StreamTransaction, account: AccountId) => Promise<void>;
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
 * of everyone, and the events that announce it.
 */
export async function registerAccount(
  append: Append,
  registration: Registration,
): Promise<{ account: AccountId; outcome: Outcome }> {
  const account = uuidv7() as AccountId;
  const { by, audit, role = 'member' } = registration;
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
    alsoLocks: [EVERYONE_STREAM],
    eventType: 'user.registered',
    payload: [
      registration.username,
      registration.displayName,
      registration.email,
      registration.role ?? null,
      registration.kind ?? null,
    ],
    bytes: 1_000,
    account,
    registration,
  };
  const outcome = await append.run(command);
  if (outcome.kind === 'stored') note.tell();
  return { account, outcome };
}

const registerRule: Rule<RegisterCommand> = {
  name: 'accounts.register',
  async decide(tx, command) {
    const { account, registration, note } = command;
    const { username, displayName, email, passwordHash } = registration;
    // The lock on the workspace stream serializes registrations: names that are free here stay
    // free.
    const found = await whatIsTaken(rowsOf(tx), username, email);
    const denied = registration.admit?.(found.first) ?? takenRefusal(takenErrors(found));
    if (denied) return { refuse: denied };
    // Writes of a rule persist when it refuses, so all checks come first.
    const refused = await registration.before?.(tx);
    if (refused) return { refuse: refused };
    const { invitation } = registration;
    if (invitation !== undefined && !(await useInvitation(tx, invitation, email))) {
      return { refuse: refusal('invitation_expired') };
    }
    await tx.createStream(streamOfAccount(account), 'personal');
    await tx.query(
      'accounts-insert',
      `insert into accounts
         (id, username, username_key, display_name, email, email_key, password_hash, role, created_at,
          kind, verified_at, first_name, last_name, phone, username_skeleton,
          display_name_skeleton)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $11 then $9::timestamptz end,
               $12, $13, $14, $15, $16)`,
      [
        account,
        username,
        usernameKey(username),
        displayName,
        email,
        email === null ? null : emailKey(email),
        passwordHash,
        // The first account belongs to whoever set up the server.
        found.first ? 'owner' : (registration.role ?? 'member'),
        tx.at,
        registration.kind ?? 'user',
        registration.verified === true,
        registration.firstName ?? null,
        registration.lastName ?? null,
        registration.phone ?? null,
        usernameSkeleton(username),
        displayNameSkeleton(displayName),
      ],
    );
    await registration.after?.(tx, account);
    await note.store(rowsOf(tx));
    const registered = newEvent(WORKSPACE_STREAM, 'user.registered', {
      account,
      username,
      displayName,
    });
    return { events: [registered, ...everyoneEvents(account)] };
  },
};
