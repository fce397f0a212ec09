import type { AccountId, ImageId, ImageSize } from '@parley/protocol';
import { isGuest, mayKnow } from '../permissions/guests.ts';
import type { Queryable } from '../storage/queryable.ts';
import type { Digest } from './file-store.ts';

/** SQL: all uses of images, as a table of the image and its user. */
export const IMAGE_USES = `(
  select avatar as image, 'accounts' as table, id::text as key
  from accounts where avatar is not null
  union all
  select avatar, 'conversations', id::text
  from conversations where avatar is not null and deleted_at is null
  union all
  select image, 'emoji', id::text
  from emoji where deleted_at is null
  union all
  select (value #>> '{}')::uuid, 'server_settings', name
  from server_settings where name = 'icon' and value <> 'null'
)`;

/** SQL: whether the image `i`, a row of `images`, is in use. */
export const IS_IMAGE_USED = `(
  exists (select from accounts a where a.avatar = i.id)
  or exists (select from conversations c where c.avatar = i.id and c.deleted_at is null)
  or exists (select from emoji e where e.image = i.id and e.deleted_at is null)
  or exists (select from server_settings s where s.name = 'icon' and s.value = to_jsonb(i.id::text)))`;

/** The content of an image in one size. */
export interface ImageContent {
  readonly digest: Digest;
  readonly bytes: number;
}

/**
 * Returns the content of an image that an account may see: avatars of accounts, custom emoji and the icon of
 * the server, and avatars of groups that it is a member of or could find in the list of groups.
 */
export async function visibleImage(
  on: Queryable,
  account: AccountId,
  id: ImageId,
  size: ImageSize,
): Promise<ImageContent | null> {
  const { rows } = await on.query<ImageContent>(
    `select encode(case when $3 then i.small_digest else i.digest end, 'hex') as digest,
            case when $3 then i.small_bytes else i.bytes end as bytes
     from images i
     where i.id = $2 and (
       exists (select from accounts a where a.avatar = i.id and ${mayKnow('$1', 'a.id')})
       or exists (select from emoji e where e.image = i.id and e.deleted_at is null)
       or exists (select from server_settings s
                  where s.name = 'icon' and s.value = to_jsonb(i.id::text))
       or exists (
         select from conversations c
         where c.avatar = i.id and c.deleted_at is null and (
           (c.visibility = 'public' and c.archived_at is null and not ${isGuest('$1')})
           or exists (select from memberships m
                      where m.conversation_id = c.id and m.account_id = $1 and m.left_seq is null))))`,
    [account, id, size === 64],
  );
  return rows[0] ?? null;
}

/** Returns the content of the icon of the server in its larger size; null if it has none. */
export async function serverIcon(on: Queryable): Promise<ImageContent | null> {
  const { rows } = await on.query<ImageContent>(
    `select encode(i.digest, 'hex') as digest, i.bytes
     from server_settings s join images i on i.id = (s.value #>> '{}')::uuid
     where s.name = 'icon'`,
  );
  return rows[0] ?? null;
}
