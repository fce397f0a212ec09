import type { WorkspaceEventType } from '@parley/protocol';
import { dataOf } from '../../stream/record.ts';
import type { Projection } from '../../stream/stream-transaction.ts';
import { erasedNames } from './erased.ts';
import { displayNameSkeleton, usernameKey, usernameSkeleton } from './names.ts';

/**
 * The projections of the public part of accounts. The rest of a row (address, password, phone …) is in
 * no event: the rules that change it have the statements in their decisions.
 */
export const accountProjections = {
  'user.registered': (tx, events) => {
    const data = events.map((e) => dataOf(e, 'user.registered'));
    tx.issue(
      'accounts-registered',
      `insert into accounts
         (id, username, username_key, display_name, username_skeleton, display_name_skeleton,
          created_at, access_ends_at)
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                            $7::timestamptz[], $8::timestamptz[])`,
      [
        data.map((d) => d.account),
        data.map((d) => d.username),
        data.map((d) => usernameKey(d.username)),
        data.map((d) => d.displayName),
        data.map((d) => usernameSkeleton(d.username)),
        data.map((d) => displayNameSkeleton(d.displayName)),
        events.map((e) => e.at),
        data.map((d) => d.accessEndsAt ?? null),
      ],
    );
  },

  'user.updated': (tx, events) => {
    for (const e of events) {
      const data = dataOf(e, 'user.updated');
      const { account, username, displayName, title, pronouns, timeZone, avatar } = data;
      tx.issue(
        'accounts-updated',
        `update accounts
         set username = $2, username_key = $3, display_name = $4, username_skeleton = $5,
             display_name_skeleton = $6,
             title = case when $7 then $8 else title end,
             pronouns = case when $9 then $10 else pronouns end,
             time_zone = case when $11 then $12 else time_zone end,
             avatar = case when $13 then $14::uuid else avatar end
         where id = $1`,
        [
          account,
          username,
          usernameKey(username),
          displayName,
          usernameSkeleton(username),
          displayNameSkeleton(displayName),
          title !== undefined,
          title ?? null,
          pronouns !== undefined,
          pronouns ?? null,
          timeZone !== undefined,
          timeZone ?? null,
          avatar !== undefined,
          avatar ?? null,
        ],
      );
    }
  },

  'user.deactivated': (tx, events) => {
    tx.issue(
      'accounts-deactivated',
      'update accounts set is_active = false where id = any($1::uuid[])',
      [events.map((e) => dataOf(e, 'user.deactivated').account)],
    );
  },

  'user.reactivated': (tx, events) => {
    tx.issue(
      'accounts-reactivated',
      'update accounts set is_active = true where id = any($1::uuid[])',
      [events.map((e) => dataOf(e, 'user.reactivated').account)],
    );
  },

  'user.suspended': (tx, events) => {
    for (const e of events) {
      const { account, until } = dataOf(e, 'user.suspended');
      // Without an end it is after all times that it is compared with.
      tx.issue('accounts-suspended', 'update accounts set suspended_until = $2 where id = $1', [
        account,
        until ?? 'infinity',
      ]);
    }
  },

  'user.unsuspended': (tx, events) => {
    tx.issue(
      'accounts-unsuspended',
      'update accounts set suspended_until = null where id = any($1::uuid[])',
      [events.map((e) => dataOf(e, 'user.unsuspended').account)],
    );
  },

  'user.role_changed': (tx, events) => {
    for (const e of events) {
      const { account, role, accessEndsAt } = dataOf(e, 'user.role_changed');
      tx.issue(
        'accounts-role-changed',
        'update accounts set role = $2, access_ends_at = $3 where id = $1',
        [account, role, accessEndsAt ?? null],
      );
    }
  },

  'user.deleted': (tx, events) => {
    for (const e of events) {
      const { account } = dataOf(e, 'user.deleted');
      const { username, displayName } = erasedNames(account);
      tx.issue(
        'accounts-deleted',
        `update accounts
         set username = $2, username_key = $3, display_name = $4, username_skeleton = null,
             display_name_skeleton = null, is_active = false,
             title = null, pronouns = null, time_zone = null, avatar = null
         where id = $1`,
        [account, username, usernameKey(username), displayName],
      );
    }
  },
} satisfies Record<Extract<WorkspaceEventType, `user.${string}`>, Projection>;
