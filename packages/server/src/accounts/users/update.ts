import {
  type AccountId,
  type ClientId,
  type ImageId,
  refusal,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { refuse, storedOrRefuse } from '../../http/errors.ts';
import type { Append } from '../../stream/append.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type Statement,
} from '../../stream/stream-transaction.ts';

/** Changes of a user’s own account: absent fields stay, null removes a value. */
export interface OwnChange {
  readonly displayName?: string | undefined;
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
  readonly phone?: string | null | undefined;
  readonly title?: string | null | undefined;
  readonly pronouns?: string | null | undefined;
  readonly timeZone?: string | null | undefined;
  readonly avatar?: ImageId | null | undefined;
  readonly isTourEnded?: boolean | undefined;
  readonly locale?: string | undefined;
}

interface UpdateCommand extends Command {
  readonly change: OwnChange;
}

/**
 * Changes the caller’s own names and profile. What everyone sees is announced by an event; changes that
 * only the user and admins see are not.
 *
 * @throws {RefusalError} session_ended, when the account is no longer active
 */
export async function updateOwn(
  pool: pg.Pool,
  append: Append,
  account: AccountId,
  change: OwnChange,
): Promise<void> {
  const { displayName, title, pronouns, timeZone, avatar } = change;
  const publicParts = [displayName, title, pronouns, timeZone, avatar];
  const isPublic = publicParts.some((value) => value !== undefined);
  if (!isPublic) {
    const { rows } = await pool.query(updatePrivate(account, change));
    if (rows.length === 0) refuse('session_ended');
    return;
  }
  const command: UpdateCommand = {
    rule: updateRule,
    actor: account,
    clientId: uuidv7() as ClientId,
    stream: WORKSPACE_STREAM,
    eventType: 'user.updated',
    payload: [JSON.stringify(publicParts)],
    bytes: 600,
    change,
  };
  storedOrRefuse(await append.run(command));
}

const updateRule: Rule<UpdateCommand> = {
  name: 'accounts.update',
  async decide(tx, command) {
    const { actor, change } = command;
    const [account] = await tx.query<{ username: string; display_name: string }>(
      'accounts-own-names',
      'select username, display_name from accounts where id = $1 and is_active',
      [actor],
    );
    if (!account) return { refuse: refusal('session_ended') };
    const { title, pronouns, timeZone, avatar } = change;
    const data = {
      account: actor,
      username: account.username,
      displayName: change.displayName ?? account.display_name,
      ...(title !== undefined && { title }),
      ...(pronouns !== undefined && { pronouns }),
      ...(timeZone !== undefined && { timeZone }),
      ...(avatar !== undefined && { avatar }),
    };
    return {
      events: [newEvent(WORKSPACE_STREAM, 'user.updated', data)],
      writes: [updatePrivate(actor, change)],
    };
  },
};

/** Returns the statement that changes what no event contains: some names, the phone number, the end of the tour, and the locale. */
function updatePrivate(
  account: AccountId,
  { firstName, lastName, phone, isTourEnded, locale }: OwnChange,
): Statement {
  return {
    name: 'accounts-update-private',
    text: `update accounts
           set first_name = case when $2 then $3 else first_name end,
               last_name = case when $4 then $5 else last_name end,
               phone = case when $6 then $7 else phone end,
               is_tour_ended = coalesce($8, is_tour_ended),
               locale = coalesce($9, locale)
           where id = $1 and is_active
           returning id`,
    values: [
      account,
      firstName !== undefined,
      firstName ?? null,
      lastName !== undefined,
      lastName ?? null,
      phone !== undefined,
      phone ?? null,
      isTourEnded ?? null,
      locale ?? null,
    ],
  };
}
