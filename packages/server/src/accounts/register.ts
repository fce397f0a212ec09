import {
  type AccountId,
  type AccountKind,
  type AccountRole,
  type ClientId,
  streamOfAccount,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { EVERYONE_STREAM, everyoneEvents } from '../conversations/everyone.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { type Command, newEvent, type Rule } from '../stream/unit.ts';
import { emailKey, usernameKey } from './names.ts';
import { takenErrors, takenRefusal } from './taken.ts';

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
  /** Who makes it, and under which id, if that is somebody else. */
  readonly by?: { readonly actor: AccountId; readonly clientId: ClientId };
}

interface RegisterCommand extends Command {
  readonly account: AccountId;
  readonly registration: Registration;
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
  const command: RegisterCommand = {
    rule: registerRule,
    actor: registration.by?.actor ?? account,
    clientId: registration.by?.clientId ?? (uuidv7() as ClientId),
    stream: WORKSPACE_STREAM,
    alsoLocks: [EVERYONE_STREAM],
    makes: 'user.registered',
    bytes: 1_000,
    account,
    registration,
  };
  return { account, outcome: await append.run(command) };
}

const registerRule: Rule<RegisterCommand> = {
  name: 'accounts.register',
  bulk: false,
  async decide(unit, [command]) {
    if (!command) return [];
    const { account, registration } = command;
    const { username, displayName, email, passwordHash } = registration;
    // The workspace’s lock makes registrations one after the other: what is free here stays free.
    const [found] = await unit.query<{ username: boolean; email: boolean; first: boolean }>(
      'accounts-taken',
      `select exists (select from accounts where username_key = $1) as username,
              exists (select from accounts where email_key = $2) as email,
              not exists (select from accounts) as first`,
      [usernameKey(username), email === null ? null : emailKey(email)],
    );
    const taken = takenRefusal(takenErrors(found?.username === true, found?.email === true));
    if (taken) return [{ refuse: taken }];
    await unit.createStream(streamOfAccount(account), 'personal');
    await unit.query(
      'accounts-insert',
      `insert into accounts
         (id, username, username_key, display_name, email, email_key, password_hash, role, created_at,
          kind, verified_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $11 then $9::timestamptz end)`,
      [
        account,
        username,
        usernameKey(username),
        displayName,
        email,
        email === null ? null : emailKey(email),
        passwordHash,
        // Whoever comes first has set the server up.
        found?.first ? 'owner' : (registration.role ?? 'member'),
        unit.at,
        registration.kind ?? 'person',
        registration.verified === true,
      ],
    );
    const registered = newEvent(WORKSPACE_STREAM, 'user.registered', {
      account,
      username,
      displayName,
    });
    return [{ events: [registered, ...everyoneEvents(account)] }];
  },
};
