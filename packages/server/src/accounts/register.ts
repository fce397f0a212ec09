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
import type { Auditing, AuditNote } from '../audit/audit-log.ts';
import { EVERYONE_STREAM, everyoneEvents } from '../conversations/everyone.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type StreamTransaction,
} from '../stream/stream-transaction.ts';
import { useInvitation } from './invitations.ts';
import { displayNameSkeleton, emailKey, usernameKey, usernameSkeleton } from './names.ts';
import { whatIsTaken } from './queries.ts';
import { takenErrors, takenRefusal } from './taken.ts';
import { rowsOf } from './tickets.ts';

/** What is known of a new account; checked by its schema already. */
export interface Registration {
  readonly username: string;
  readonly displayName: string;
  /** Null for programs. */
  readonly email: string | null;
  /** Null for who logs in otherwise, or sets a password later. */
  readonly passwordHash: string | null;
  /** `person`, if it is not named. */
  readonly kind?: AccountKind;
  /** `member`, if it is not named; the first account is the owner in any case. */
  readonly role?: AccountRole;
  /** The address was proven already, by another provider for instance. */
  readonly verified?: boolean;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly phone?: string | undefined;
  /** SHA-256 (hexadecimal) of what the invitation’s link had: used up with the registration. */
  readonly invitation?: string | undefined;
  /**
   * Decides by the setting REGISTRATION, knowing whether this would be the first account; without it
   * the account is created whatever the setting is, as admins may.
   */
  readonly admit?: (first: boolean) => Refusal | null;
  /** Asked before anything is written; a refusal ends it. */
  readonly before?: (tx: StreamTransaction) => Promise<Refusal | null>;
  /** Further statements of the same transaction, once the account is there. */
  readonly after?: (tx: StreamTransaction, account: AccountId) => Promise<void>;
  /** Stored with the account, and told once it is. */
  readonly audit: Auditing;
  /** Who makes it, and under which id, if that is somebody else. */
  readonly by?: { readonly actor: AccountId; readonly clientId: ClientId };
}

interface RegisterCommand extends Command {
  readonly account: AccountId;
  readonly registration: Registration;
  readonly note: AuditNote;
}

/**
 * Makes an account: its row, its personal stream, its place in the group of everyone, and the
 * events that tell all others. One transaction: there is no half a person.
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
    makes: 'user.registered',
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
  bulk: false,
  async decide(tx, [command]) {
    if (!command) return [];
    const { account, registration, note } = command;
    const { username, displayName, email, passwordHash } = registration;
    // The workspace’s lock makes registrations one after the other: what is free here stays free.
    const found = await whatIsTaken(rowsOf(tx), username, email);
    const denied = registration.admit?.(found.first) ?? takenRefusal(takenErrors(found));
    if (denied) return [{ refuse: denied }];
    // What a rule has written stays when it refuses: first all that may say no.
    const refused = await registration.before?.(tx);
    if (refused) return [{ refuse: refused }];
    const { invitation } = registration;
    if (invitation !== undefined && !(await useInvitation(tx, invitation, email))) {
      return [{ refuse: refusal('invitation_expired') }];
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
        // Whoever comes first has set the server up.
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
    return [{ events: [registered, ...everyoneEvents(account)] }];
  },
};
