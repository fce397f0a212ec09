import type { WorkspaceEventType } from '@parley/protocol';
import { erasedNames } from '../accounts/users/erased.ts';
import { usernameKey } from '../accounts/users/names.ts';
import { dataOf } from '../stream/record.ts';
import type { Projection } from '../stream/stream-transaction.ts';

/**
 * Projections of the public part of accounts, for the doctor only. In the server, the rules that
 * create and change accounts write the rows, because most columns are in no event.
 */
export const accountProjections: Readonly<
  Record<Extract<WorkspaceEventType, `user.${string}`>, Projection | 'none'>
> = {
  'user.registered': (tx, events) => {
    const data = events.map((e) => dataOf(e, 'user.registered'));
    tx.issue(
      'doctor-registered',
      `insert into accounts (id, username, username_key, display_name)
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])`,
      [
        data.map((d) => d.account),
        data.map((d) => d.username),
        data.map((d) => usernameKey(d.username)),
        data.map((d) => d.displayName),
      ],
    );
  },

  'user.updated': (tx, events) => {
    for (const e of events) {
      const { account, username, displayName } = dataOf(e, 'user.updated');
      tx.issue(
        'doctor-updated',
        `update accounts set username = $2, username_key = $3, display_name = $4 where id = $1`,
        [account, username, usernameKey(username), displayName],
      );
    }
  },

  'user.deactivated': (tx, events) => {
    tx.issue(
      'doctor-deactivated',
      'update accounts set is_active = false where id = any($1::uuid[])',
      [events.map((e) => dataOf(e, 'user.deactivated').account)],
    );
  },

  // The role is not compared (tables.ts).
  'user.role_changed': 'none',

  'user.deleted': (tx, events) => {
    for (const e of events) {
      const { account } = dataOf(e, 'user.deleted');
      const { username, displayName } = erasedNames(account);
      tx.issue(
        'doctor-deleted',
        `update accounts set username = $2, username_key = $3, display_name = $4, is_active = false
         where id = $1`,
        [account, username, usernameKey(username), displayName],
      );
    }
  },

  'user.reactivated': (tx, events) => {
    tx.issue(
      'doctor-reactivated',
      'update accounts set is_active = true where id = any($1::uuid[])',
      [events.map((e) => dataOf(e, 'user.reactivated').account)],
    );
  },
};
