import {
  type AccountId,
  type ConversationId,
  type EmojiId,
  LIMITS,
  type Mention,
  mayMention,
  mentionSpans,
  type NameSign,
  type UserGroupId,
  withoutCode,
} from '@parley/protocol';
import { usernameKey } from '../../accounts/users/names.ts';
import { isGuest, mayFind } from '../../permissions/guests.ts';
import { isAdminRole } from '../../permissions/minimum-roles.ts';
import type { RuleContext } from '../../stream/stream-transaction.ts';

/**
 * Resolves `@name`, `#name` and `:name:` in the text of a message when it is posted or edited.
 *
 * The text is stored as typed, with the meaning of its names next to it. Ids in the text itself
 * would also survive renames, but every reader would have to replace them first: search,
 * notifications, exports, bots, and the author who edits the message; and the client would show
 * another text than it sent until the event arrives.
 */

/** The names of a text that may be mentions, in order and each once. */
export interface NamesInText {
  readonly names: readonly { readonly sign: NameSign; readonly name: string }[];
  readonly isToEveryone: boolean;
}

/**
 * Returns the names in a text; null if there are none, as in most texts. If there are too many,
 * emoji are dropped first, so that a list of emoji does not prevent mentions.
 */
export function namesIn(text: string): NamesInText | null {
  if (!mayMention(text)) return null;
  const all = new Map(
    mentionSpans(withoutCode(text)).map(({ sign, name }) => [sign + name, { sign, name }] as const),
  );
  const emoji = [...all].filter(([, { sign }]) => sign === ':');
  const others = all.size - emoji.length;
  for (const [key] of emoji.slice(Math.max(0, LIMITS.mentionsPerMessage - others))) all.delete(key);
  const names = [...all.values()].slice(0, LIMITS.mentionsPerMessage);
  if (names.length === 0) return null;
  const isToEveryone = names.some(({ sign, name }) => sign === '@' && ALL.has(name));
  return { names, isToEveryone };
}

/** The names that mention several members. They are never looked up as usernames. */
const ALL: ReadonlyMap<string, Mention> = new Map([
  ['everyone', { kind: 'everyone' }],
  ['here', { kind: 'here' }],
]);

/** A text whose names are looked up. */
export interface TextWithNames {
  readonly names: NamesInText | null;
  /** Whether the actor may mention everyone here. Otherwise `@everyone` is text like any other. */
  readonly mayMentionEveryone: boolean;
  /** The mentions of the text that it replaces. */
  readonly before?: readonly Mention[];
}

/** A name in a text, with its author and conversation. */
interface NameToFind {
  readonly text: number;
  readonly actor: AccountId;
  readonly conversation: ConversationId;
  readonly sign: NameSign;
  readonly name: string;
}

/** A user group that a name refers to. */
interface FoundUserGroup {
  readonly id: UserGroupId;
  /** Those of its accounts that are members of the conversation and do not block the author. */
  readonly accounts: readonly AccountId[];
  /** Whether it is so large that not everyone may mention it in a large group. */
  readonly isLarge: boolean;
  /** In the default group, the role of the author on the server decides. */
  readonly isByServerAdmin: boolean;
}

/** The mentions that the names in several texts resolve to, by the index of the text and the name. */
export interface FoundNames {
  readonly ids: ReadonlyMap<string, string>;
  readonly userGroups: ReadonlyMap<string, FoundUserGroup>;
  /** The texts to everyone whose authors are guests. */
  readonly byGuests: ReadonlySet<number>;
}

const place = (text: number, sign: NameSign, name: string): string => `${text} ${sign}${name}`;

/**
 * Looks up the names in texts: `@` finds active accounts that do not block the author, and user
 * groups; `#` finds public groups and groups of the author, its own first; `:` finds custom emoji.
 * For a guest, only what it may find. Does nothing for texts without names.
 */
export async function findNames(
  tx: RuleContext,
  texts: readonly {
    readonly actor: AccountId;
    readonly conversation: ConversationId;
    readonly names: NamesInText | null;
  }[],
): Promise<FoundNames> {
  const occurrences = texts.flatMap(({ actor, conversation, names }, text) =>
    (names?.names ?? []).map(({ sign, name }) => ({ text, actor, conversation, sign, name })),
  );
  const accounts = occurrences.filter(({ sign, name }) => sign === '@' && !ALL.has(name));
  const groups = occurrences.filter(({ sign }) => sign === '#');
  const emoji = occurrences.filter(({ sign }) => sign === ':');
  const toEveryone = texts.flatMap(({ actor, names }, text) =>
    names?.isToEveryone ? [{ text, actor }] : [],
  );
  const [foundUsers, foundUserGroups, foundGroups, foundEmoji, byGuests] = await Promise.all([
    accounts.length === 0 ? [] : findUsers(tx, accounts),
    accounts.length === 0 ? [] : findUserGroups(tx, accounts),
    groups.length === 0 ? [] : findGroups(tx, groups),
    emoji.length === 0 ? [] : findEmoji(tx, emoji),
    toEveryone.length === 0 ? [] : findGuests(tx, toEveryone),
  ]);
  const ids = new Map<string, string>();
  const note = (looked: readonly NameToFind[], rows: readonly { n: number; id: string }[]) => {
    for (const { n, id } of rows) {
      const one = looked[n - 1];
      if (one) ids.set(place(one.text, one.sign, one.name), id);
    }
  };
  note(accounts, foundUsers);
  note(groups, foundGroups);
  note(emoji, foundEmoji);
  const userGroups = new Map<string, FoundUserGroup>();
  for (const { n, ...found } of foundUserGroups) {
    const one = accounts[n - 1];
    if (one) userGroups.set(place(one.text, one.sign, one.name), found);
  }
  return { ids, userGroups, byGuests: new Set(byGuests.map(({ n }) => n)) };
}

/** Returns which of the texts that mention everyone were written by guests. */
const findGuests = (
  tx: RuleContext,
  texts: readonly { readonly text: number; readonly actor: AccountId }[],
) =>
  tx.query<{ n: number }>(
    'mentions-guests',
    `select i.n::int as n from unnest($1::int8[], $2::uuid[]) as i (n, author_id)
     where ${isGuest('i.author_id')}`,
    [texts.map(({ text }) => text), texts.map(({ actor }) => actor)],
  );

const findUsers = (tx: RuleContext, names: readonly NameToFind[]) =>
  tx.query<{ n: number; id: string }>(
    'mentions-users',
    `select i.n::int as n, a.id
           from unnest($1::text[], $2::uuid[]) with ordinality as i (name, author_id, n)
           join accounts a on a.username_key = i.name and a.is_active
           where not exists (select from blocks b
                             where b.account_id = a.id and b.blocked_id = i.author_id)
             and ${mayFind('i.author_id', 'a.id')}`,
    [names.map(({ name }) => usernameKey(name)), names.map(({ actor }) => actor)],
  );

const findEmoji = (tx: RuleContext, names: readonly NameToFind[]) =>
  tx.query<{ n: number; id: string }>(
    'mentions-emoji',
    `select i.n::int as n, e.id
           from unnest($1::text[]) with ordinality as i (name, n)
           join emoji e on e.names @> array[i.name] and e.deleted_at is null`,
    [names.map(({ name }) => name)],
  );

const findGroups = (tx: RuleContext, names: readonly NameToFind[]) =>
  tx.query<{ n: number; id: string }>(
    'mentions-groups',
    `select i.n::int as n, c.id
           from unnest($1::text[], $2::uuid[]) with ordinality as i (name, account_id, n)
           cross join lateral (
             select g.id from conversations g
             left join memberships m
               on m.conversation_id = g.id and m.account_id = i.account_id and m.left_seq is null
             where replace(search_key(g.name), ' ', '-') = search_key(i.name)
               and g.kind = 'group' and g.deleted_at is null
               and (g.visibility = 'public' and not ${isGuest('i.account_id')}
                    or m.account_id is not null)
             order by m.account_id is null, g.created_at, g.id
             limit 1
           ) c`,
    [names.map(({ name }) => name), names.map(({ actor }) => actor)],
  );

/**
 * Finds user groups with the accounts that a mention of them reaches. At most as many per text as
 * it can mention: a text may spell the name of one group in many ways.
 */
async function findUserGroups(
  tx: RuleContext,
  names: readonly NameToFind[],
): Promise<(FoundUserGroup & { readonly n: number })[]> {
  const rows = await tx.query<{
    n: number;
    id: UserGroupId;
    accounts: AccountId[];
    is_large: boolean;
    is_by_server_admin: boolean | null;
  }>(
    'mentions-user-groups',
    `select i.n::int as n, i.id, i.is_large,
            array(select a.id
                  from unnest(i.members) as g (id)
                  join memberships m on m.account_id = g.id and m.left_seq is null
                    and m.conversation_id = i.conversation_id
                  join accounts a on a.id = g.id and a.is_active
                  where not exists (select from blocks b
                                    where b.account_id = a.id and b.blocked_id = i.author_id)
                  order by a.id) as accounts,
            case when i.is_large then exists (
              select from conversations c join accounts o on o.id = i.author_id
              where c.id = i.conversation_id and c.is_everyone and ${isAdminRole('o.role')})
            end as is_by_server_admin
     from (
       select i.*, u.*, row_number() over (partition by i.place, u.is_large order by i.n) as nth
       from unnest($1::text[], $2::uuid[], $3::uuid[], $4::int8[]) with ordinality
         as i (name, author_id, conversation_id, place, n)
       join lateral (
         select id, members, cardinality(members) > ${LIMITS.mentionEveryoneMembers} as is_large
         from user_groups where name_key = i.name
       ) u on true
     ) i
     where i.nth <= ${LIMITS.userGroupsPerMessage} and not ${isGuest('i.author_id')}`,
    [
      names.map(({ name }) => usernameKey(name)),
      names.map(({ actor }) => actor),
      names.map(({ conversation }) => conversation),
      names.map(({ text }) => text),
    ],
  );
  return rows.map(({ n, id, accounts, is_large: isLarge, is_by_server_admin: isAdmin }) => ({
    n,
    id,
    accounts,
    isLarge,
    isByServerAdmin: isAdmin === true,
  }));
}

/** A mention with an id, and the name that the text has for it. */
type NamedMention = Extract<Mention, { readonly name: string }>;

const SIGNS: Readonly<Record<NamedMention['kind'], NameSign>> = {
  user: '@',
  user_group: '@',
  group: '#',
  emoji: ':',
};

/**
 * Returns the mentions of the text at an index of {@link findNames}; undefined if it has none. A
 * name that was already in the text before an edit keeps its meaning, even if it belongs to another
 * account or to none since.
 */
export function mentionsOf(
  text: number,
  { names, mayMentionEveryone, before = [] }: TextWithNames,
  found: FoundNames,
): Mention[] | undefined {
  const earlier = new Map(
    before.flatMap((one) => ('name' in one ? [[SIGNS[one.kind] + one.name, one] as const] : [])),
  );
  let userGroups = 0;
  const mentions = (names?.names ?? []).flatMap(({ sign, name }): Mention[] => {
    const all = sign === '@' ? ALL.get(name) : undefined;
    if (all) return mayMentionEveryone && !found.byGuests.has(text) ? [all] : [];
    const now = mentionOf(text, sign, name, { mayMentionEveryone, found });
    const then = earlier.get(sign + name);
    const mention = then && then.id !== now?.id ? then : now;
    if (!mention) return [];
    if (mention.kind === 'user_group' && ++userGroups > LIMITS.userGroupsPerMessage) return [];
    return [mention];
  });
  return mentions.length > 0 ? mentions : undefined;
}

/**
 * Returns what a name refers to; undefined if it refers to nothing, or to something the actor may
 * not mention.
 */
function mentionOf(
  text: number,
  sign: NameSign,
  name: string,
  { mayMentionEveryone, found }: { mayMentionEveryone: boolean; found: FoundNames },
): NamedMention | undefined {
  const at = place(text, sign, name);
  const id = found.ids.get(at);
  if (id !== undefined) {
    if (sign === '@') return { kind: 'user', name, id: id as AccountId };
    if (sign === ':') return { kind: 'emoji', name, id: id as EmojiId };
    return { kind: 'group', name, id: id as ConversationId };
  }
  const userGroup = found.userGroups.get(at);
  if (!userGroup) return undefined;
  const { isLarge, isByServerAdmin, accounts } = userGroup;
  if (isLarge && !mayMentionEveryone && !isByServerAdmin) return undefined;
  return { kind: 'user_group', name, id: userGroup.id, accounts: [...accounts] };
}
