import type { AccountId, Seq, UserGroup, UserGroupId, UserGroupsAnswer } from '@parley/protocol';
import { WORKSPACE_STREAM } from '@parley/protocol';
import type pg from 'pg';
import { isGuest } from '../permissions/guests.ts';

/** SQL: the row `g` of user_groups as a `UserGroup`. */
const USER_GROUP = `json_build_object(
  'id', g.id,
  'name', g.name,
  'title', g.title,
  'members', to_json(g.members),
  'changedSeq', g.seq)`;

/**
 * Returns all user groups by name, and the last event of the workspace stream that they contain;
 * none to a guest, because they list accounts that it may not know.
 */
export async function userGroupsOf(pool: pg.Pool, viewer: AccountId): Promise<UserGroupsAnswer> {
  const { rows } = await pool.query<{ items: UserGroup[]; as_of: Seq }>({
    name: 'user-groups-all',
    text: `select coalesce((select json_agg(${USER_GROUP} order by g.name_key)
                            from user_groups g where not ${isGuest('$2')}), '[]') as items,
                  (select last_seq from streams where id = $1) as as_of`,
    values: [WORKSPACE_STREAM, viewer],
  });
  return { items: rows[0]?.items ?? [], asOf: rows[0]?.as_of ?? (0 as Seq) };
}

/** Returns a user group; null if it does not exist. */
export async function userGroupOf(pool: pg.Pool, id: UserGroupId): Promise<UserGroup | null> {
  const { rows } = await pool.query<{ item: UserGroup }>({
    name: 'user-groups-one',
    text: `select ${USER_GROUP} as item from user_groups g where g.id = $1`,
    values: [id],
  });
  return rows[0]?.item ?? null;
}
