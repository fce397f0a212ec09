import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type Mention,
  mayMention,
  mentionSpans,
  withoutCode,
} from '@parley/protocol';
import { usernameKey } from '../accounts/users/names.ts';
import type { RuleContext } from '../stream/stream-transaction.ts';

/**
 * Resolves `@name` and `#name` in the text of a message when it is posted or edited.
 *
 * The text is stored as it was typed, and what its names mean beside it. Ids in the text itself would
 * also survive renames, but every reader would have to replace them first: search, notifications, exports,
 * bots, and the author who edits the message; and the client would show another text than it sent until
 * the event arrives.
 */

/** The names of a text that may be mentions, in order and each once. */
export interface NamesInText {
  readonly names: readonly { readonly sign: '@' | '#'; readonly name: string }[];
  readonly isToEveryone: boolean;
}

/** Returns the names in a text; null if there are none, as in most texts. */
export function namesIn(text: string): NamesInText | null {
  if (!mayMention(text)) return null;
  const names = new Map<string, { sign: '@' | '#'; name: string }>();
  for (const { sign, name } of mentionSpans(withoutCode(text))) {
    names.set(sign + name, { sign, name });
    if (names.size === LIMITS.mentionsPerMessage) break;
  }
  if (names.size === 0) return null;
  const isToEveryone = [...names.values()].some(({ sign, name }) => sign === '@' && ALL.has(name));
  return { names: [...names.values()], isToEveryone };
}

/** The names that mean members together. No lookup finds a user of that name in a text. */
const ALL: ReadonlyMap<string, Mention> = new Map([
  ['everyone', { kind: 'everyone' }],
  ['here', { kind: 'here' }],
]);

/** A text whose names are looked up. */
export interface TextWithNames {
  readonly names: NamesInText | null;
  /** Whether the actor may mention everyone here. Otherwise `@everyone` is text like any other. */
  readonly mayMentionEveryone: boolean;
}

/** What the names of several texts were found to mean, by the index of the text and the name. */
export type FoundNames = ReadonlyMap<string, string>;

const place = (text: number, sign: '@' | '#', name: string): string => `${text} ${sign}${name}`;

/**
 * Looks the names of texts up: `@` finds active accounts that do not block the author, `#` finds public groups and groups of the
 * author, its own first. It does nothing for texts without names.
 */
export async function findNames(
  tx: RuleContext,
  texts: readonly { readonly actor: AccountId; readonly names: NamesInText | null }[],
): Promise<FoundNames> {
  const wanted = texts.flatMap(({ actor, names }, text) =>
    (names?.names ?? []).map(({ sign, name }) => ({ text, actor, sign, name })),
  );
  const users = wanted.filter(({ sign, name }) => sign === '@' && !ALL.has(name));
  const groups = wanted.filter(({ sign }) => sign === '#');
  const [foundUsers, foundGroups] = await Promise.all([
    users.length === 0
      ? []
      : tx.query<{ n: number; id: string }>(
          'mentions-users',
          `select i.n::int as n, a.id
           from unnest($1::text[], $2::uuid[]) with ordinality as i (name, author_id, n)
           join accounts a on a.username_key = i.name and a.is_active
           where not exists (select from blocks b
                             where b.account_id = a.id and b.blocked_id = i.author_id)`,
          [users.map(({ name }) => usernameKey(name)), users.map(({ actor }) => actor)],
        ),
    groups.length === 0
      ? []
      : tx.query<{ n: number; id: string }>(
          'mentions-groups',
          `select i.n::int as n, c.id
           from unnest($1::text[], $2::uuid[]) with ordinality as i (name, account_id, n)
           cross join lateral (
             select g.id from conversations g
             left join memberships m
               on m.conversation_id = g.id and m.account_id = i.account_id and m.left_seq is null
             where replace(search_key(g.name), ' ', '-') = search_key(i.name)
               and g.kind = 'group' and g.deleted_at is null
               and (g.visibility = 'public' or m.account_id is not null)
             order by m.account_id is null, g.created_at, g.id
             limit 1
           ) c`,
          [groups.map(({ name }) => name), groups.map(({ actor }) => actor)],
        ),
  ]);
  const found = new Map<string, string>();
  const note = (looked: typeof wanted, rows: readonly { n: number; id: string }[]) => {
    for (const { n, id } of rows) {
      const one = looked[n - 1];
      if (one) found.set(place(one.text, one.sign, one.name), id);
    }
  };
  note(users, foundUsers);
  note(groups, foundGroups);
  return found;
}

/** Returns the mentions of the text at an index of {@link findNames}; undefined if it has none. */
export function mentionsOf(
  text: number,
  { names, mayMentionEveryone }: TextWithNames,
  found: FoundNames,
): Mention[] | undefined {
  const mentions = (names?.names ?? []).flatMap(({ sign, name }): Mention[] => {
    const all = sign === '@' ? ALL.get(name) : undefined;
    if (all) return mayMentionEveryone ? [all] : [];
    const id = found.get(place(text, sign, name));
    if (id === undefined) return [];
    return sign === '@'
      ? [{ kind: 'user', name, id: id as AccountId }]
      : [{ kind: 'group', name, id: id as ConversationId }];
  });
  return mentions.length > 0 ? mentions : undefined;
}
