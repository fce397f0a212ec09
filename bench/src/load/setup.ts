import { ParleyApi } from '@parley/client';
import type { Pool } from 'pg';

/** A user of the load. */
export interface User {
  readonly api: ParleyApi;
  readonly id: string;
}

/**
 * Registers users, four at a time; hashing the passwords takes most of the time. The first one becomes the owner of a new
 * server.
 */
export async function users(url: string, count: number): Promise<User[]> {
  const made: User[] = new Array(count);
  const register = async (n: number) => {
    const api = new ParleyApi({ url });
    const me = await api.register({
      username: `load-${n}`,
      displayName: `Load ${n}`,
      email: `load-${n}@bench.example`,
      password: `a password for load ${n}`,
    });
    made[n] = { api, id: me.id };
  };
  await register(0);
  let next = 1;
  const work = async () => {
    for (let n = next++; n < count; n = next++) await register(n);
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return made;
}

/** Creates a group with these members and returns its id. */
export async function group(name: string, members: readonly User[]): Promise<string> {
  const [owner, ...others] = members;
  if (!owner) throw new Error('A group wants a member');
  const ids = others.map((p) => p.id);
  const { id } = await owner.api.createGroup({
    name,
    visibility: 'private',
    members: ids.slice(0, 200) as never,
  });
  for (const account of ids.slice(200)) await owner.api.addMember(id, account as never);
  return id;
}

/**
 * Inserts the rows of users who are members of a conversation, as registrations and joins would have, but without the time
 * that hashes of passwords take. No one logs in as them. Returns their ids.
 */
export async function insertMembers(
  pool: Pool,
  conversation: string,
  names: readonly string[],
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `with n as (
       select name, last_seq + n as seq, gen_random_uuid() as id
       from streams, unnest($1::text[]) with ordinality n (name, n)
       where streams.id = $2
     ), a as (
       insert into accounts (id, username, username_key, display_name, email, email_key, created_at)
       select id, 'user-' || seq, 'user-' || seq, name, seq || '@bench.example', seq || '@bench.example',
         now()
       from n
     ), e as (
       insert into events (stream_id, seq, type, actor_id, at, data)
       select $2, seq, 'member.joined', id, now(), json_build_object('account', id, 'role', 'member')
       from n
     ), s as (
       update streams set last_seq = (select max(seq) from n) where id = $2
     ), c as (
       update conversations set member_count = member_count + (select count(*) from n) where id = $2
     )
     insert into memberships (conversation_id, account_id, joined_seq)
     select $2, id, seq from n
     returning account_id as id`,
    [names, conversation],
  );
  return rows.map(({ id }) => id);
}
