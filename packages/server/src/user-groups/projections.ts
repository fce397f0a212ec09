import type { EventType } from '@parley/protocol';
import { usernameKey, usernameSkeleton } from '../accounts/users/names.ts';
import { accountProjections } from '../accounts/users/projections.ts';
import { dataOf } from '../stream/record.ts';
import type { Projection } from '../stream/stream-transaction.ts';

/** The projections of user groups. Deleted accounts are removed from all of them. */
export const userGroupProjections = {
  'user_group.changed': (tx, events) => {
    for (const e of events) {
      const { userGroup, name, title, members } = dataOf(e, 'user_group.changed');
      tx.issue(
        'user-groups-changed',
        `insert into user_groups (id, name, name_key, name_skeleton, title, members, seq)
         values ($1, $2, $3, $4, $5, $6::uuid[], $7)
         on conflict (id) do update
         set name = excluded.name, name_key = excluded.name_key,
             name_skeleton = excluded.name_skeleton, title = excluded.title,
             members = excluded.members, seq = excluded.seq`,
        [userGroup, name, usernameKey(name), usernameSkeleton(name), title, members, e.seq],
      );
    }
  },

  'user_group.deleted': (tx, events) => {
    tx.issue('user-groups-deleted', 'delete from user_groups where id = any($1::uuid[])', [
      events.map((e) => dataOf(e, 'user_group.deleted').userGroup),
    ]);
  },

  'user.deleted': (tx, events) => {
    accountProjections['user.deleted'](tx, events);
    for (const e of events) {
      tx.issue(
        'user-groups-member-deleted',
        `update user_groups set members = array_remove(members, $1::uuid), seq = $2
         where $1::uuid = any(members)`,
        [dataOf(e, 'user.deleted').account, e.seq],
      );
    }
  },
} satisfies Partial<Record<EventType, Projection>>;
