import {
  type AccountId,
  type ConversationId,
  parseSearch,
  parseSearchDate,
  SEARCH_FILTERS,
  type SearchFilter,
  type SearchFilterName,
  type SearchHas,
  type SearchIs,
  type SearchMessagesQuery,
  type SearchPart,
  type SearchProblem,
} from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';
import { type Period, periodOf } from './days.ts';
import { keysOfTerm, type Term, termOf } from './keys.ts';
import { KEYS } from './message-keys.ts';
import { conversationsOf, findConversations, findUsers, type NamesFound } from './names.ts';

/** What a search looks for, after parsing its words and filters. */
export interface Plan {
  readonly terms: readonly Term[];
  readonly excluded: readonly Term[];
  /** The conversations to search in: only those that the account may read. */
  readonly conversations: ReadonlySet<ConversationId>;
  /** The authors, null for any; and those who are not. */
  readonly authors: ReadonlySet<AccountId> | null;
  readonly otherAuthors: ReadonlySet<AccountId>;
  /**
   * Accounts of which the messages must mention one (null for any), and those they must not
   * mention.
   */
  readonly mentioned: Mentioned | null;
  readonly notMentioned: Mentioned | null;
  /** Properties that the messages must have (true) or must not have (false). */
  readonly has: ReadonlyMap<SearchHas | SearchIs, boolean>;
  readonly period: Period;
  /** Keys that every matching message has. */
  readonly keys: ReadonlySet<number>;
  readonly problems: readonly SearchProblem[];
  /** Whether nothing can match: the search is blank, or a filter is invalid. */
  readonly isEmpty: boolean;
}

/** Whom a message may mention. */
export interface Mentioned {
  /** Accounts, mentioned by name or by a user group. */
  readonly accounts: ReadonlySet<AccountId>;
  /** Everyone in the conversation. */
  readonly everyone: boolean;
}

/** What filters are resolved with. */
interface FilterContext {
  readonly on: Queryable;
  readonly account: AccountId;
  readonly timeZone: string;
  readonly now: number;
}

/** A plan under construction. */
interface Draft {
  readonly conversations: Set<ConversationId>;
  authors: Set<AccountId> | null;
  readonly otherAuthors: Set<AccountId>;
  mentioned: Mentioned | null;
  notMentioned: Mentioned | null;
  readonly has: Map<SearchHas | SearchIs, boolean>;
  period: Period;
  /** The conversations that `in:` names, null without that filter. */
  within: Set<ConversationId> | null;
}

const EVERYONE = /^@?everyone$/i;
const NO_NAMES: NamesFound<AccountId> = { ids: [], suggestions: [] };

/** Applies a filter to a plan. Returns null, or suggested values. */
type ApplyFilter = (
  draft: Draft,
  filter: SearchFilter,
  context: FilterContext,
) => Promise<readonly string[] | null>;

/**
 * The effect of each filter. Several filters of one name are alternatives, except that dates and
 * `has:` all apply.
 */
const FILTERS: Readonly<Record<SearchFilterName, ApplyFilter>> = {
  from: async (draft, { value, isNegated }, { on, account }) => {
    const found = await findUsers(on, account, value);
    if (isNegated) for (const id of found.ids) draft.otherAuthors.add(id);
    else draft.authors = new Set([...(draft.authors ?? []), ...found.ids]);
    return suggestionsOf(found);
  },
  in: async (draft, { value, isNegated }, { on, account }) => {
    const found = await findConversations(on, account, value);
    if (isNegated) for (const id of found.ids) draft.conversations.delete(id);
    else draft.within = new Set([...(draft.within ?? []), ...found.ids]);
    return suggestionsOf(found);
  },
  mentions: async (draft, { value, isNegated }, { on, account }) => {
    const isEveryone = EVERYONE.test(value.trim());
    const found = isEveryone ? NO_NAMES : await findUsers(on, account, value);
    const which = isNegated ? 'notMentioned' : 'mentioned';
    const { accounts = [], everyone = false } = draft[which] ?? {};
    draft[which] = {
      accounts: new Set([...accounts, ...found.ids]),
      everyone: everyone || isEveryone,
    };
    return isEveryone ? null : suggestionsOf(found);
  },
  has: byValue<SearchHas>('has'),
  is: byValue<SearchIs>('is'),
  before: byDate((period, { from }) => ({ ...period, to: Math.min(period.to, from) })),
  after: byDate((period, { to }) => ({ ...period, from: Math.max(period.from, to) })),
  on: byDate((period, { from, to }) => ({
    from: Math.max(period.from, from),
    to: Math.min(period.to, to),
  })),
};

function byValue<Value extends SearchHas | SearchIs>(name: 'has' | 'is'): ApplyFilter {
  return async (draft, { value, isNegated }) => {
    const { values } = SEARCH_FILTERS[name];
    const known = values.find((one) => one === value.toLowerCase()) as Value | undefined;
    if (known === undefined) return values;
    draft.has.set(known, !isNegated);
    return null;
  };
}

function byDate(limited: (period: Period, date: Period) => Period): ApplyFilter {
  return async (draft, { value }, { timeZone, now }) => {
    const date = parseSearchDate(value);
    if (date === null) return SEARCH_FILTERS.on.examples;
    draft.period = limited(draft.period, periodOf(date, timeZone, now));
    return null;
  };
}

const suggestionsOf = ({ ids, suggestions }: NamesFound<string>) =>
  ids.length > 0 ? null : suggestions;

/** Returns the plan of a search of an account. */
export async function planOf(
  on: Queryable,
  account: AccountId,
  query: SearchMessagesQuery,
  now: number,
): Promise<Plan> {
  const parts = [...parseSearch(query.query), ...parametersOf(query)];
  const draft: Draft = {
    conversations: new Set(await conversationsOf(on, account)),
    authors: null,
    otherAuthors: new Set(),
    mentioned: null,
    notMentioned: null,
    has: new Map(),
    period: { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY },
    within: null,
  };
  const problems: SearchProblem[] = [];
  const context = { on, account, timeZone: query.timeZone, now };
  for (const part of parts) {
    if (part.kind === 'text') continue;
    const problem = await applied(draft, part, context);
    if (problem) problems.push(problem);
  }
  const { within } = draft;
  const conversations = within
    ? new Set([...draft.conversations].filter((id) => within.has(id)))
    : draft.conversations;
  const { terms, excluded } = termsOf(parts);
  const { authors, otherAuthors, mentioned, notMentioned, has, period } = draft;
  return {
    terms,
    excluded,
    conversations,
    authors,
    otherAuthors,
    mentioned,
    notMentioned,
    has,
    period,
    keys: keysOf(terms, authors, within && conversations, has),
    problems,
    isEmpty: problems.length > 0 || conversations.size === 0 || isBlank(parts, terms, excluded),
  };
}

async function applied(
  draft: Draft,
  filter: SearchFilter,
  context: FilterContext,
): Promise<SearchProblem | null> {
  const { name, value, isNegated } = filter;
  const rule = SEARCH_FILTERS[name];
  if (isNegated && !rule.negatable) {
    const message = `${name}: can’t be excluded; use before: and after:`;
    return { filter: name, value, message, possible: [...rule.examples] };
  }
  // Without a value the user is still typing.
  const possible =
    value.trim() === '' ? rule.examples : await FILTERS[name](draft, filter, context);
  if (possible === null) return null;
  return { filter: name, value, message: messageOf(name), possible: [...possible] };
}

const MESSAGES: Readonly<Record<SearchFilterName, string>> = {
  from: 'from: takes a username or a display name, or me',
  in: 'in: takes the name of a group that you are in, or @ and the name of a user',
  mentions: 'mentions: takes a username or a display name, me or everyone',
  has: `has: takes one of ${SEARCH_FILTERS.has.values.join(', ')}`,
  is: `is: takes one of ${SEARCH_FILTERS.is.values.join(', ')}`,
  before: 'before: takes a day, month or year, such as 2026-03-01',
  after: 'after: takes a day, month or year, such as 2026-03-01',
  on: 'on: takes a day, month or year, such as 2026-03-01',
};

const messageOf = (name: SearchFilterName): string => MESSAGES[name];

/** Returns the parameters of a request as filters. */
function parametersOf(query: SearchMessagesQuery): SearchFilter[] {
  return (Object.keys(SEARCH_FILTERS) as SearchFilterName[]).flatMap((name) => {
    const value = query[name];
    return value === undefined ? [] : [{ kind: 'filter', name, value, isNegated: false } as const];
  });
}

function termsOf(parts: readonly SearchPart[]): { terms: Term[]; excluded: Term[] } {
  const terms: Term[] = [];
  const excluded: Term[] = [];
  for (const part of parts) {
    const term = part.kind === 'text' ? termOf(part.text) : null;
    if (term) (part.kind === 'text' && part.isNegated ? excluded : terms).push(term);
  }
  return { terms, excluded };
}

function isBlank(parts: readonly SearchPart[], terms: readonly Term[], excluded: readonly Term[]) {
  return terms.length + excluded.length === 0 && !parts.some((part) => part.kind === 'filter');
}

function keysOf(
  terms: readonly Term[],
  authors: ReadonlySet<AccountId> | null,
  within: ReadonlySet<ConversationId> | null,
  has: ReadonlyMap<SearchHas | SearchIs, boolean>,
): Set<number> {
  const keys = new Set<number>();
  for (const term of terms) for (const key of keysOfTerm(term)) keys.add(key);
  const [author, ...otherAuthors] = authors ?? [];
  if (author !== undefined && otherAuthors.length === 0) keys.add(KEYS.author(author));
  const [conversation, ...others] = within ?? [];
  if (conversation !== undefined && others.length === 0) keys.add(KEYS.conversation(conversation));
  // Saved messages are not in the index, because all accounts share it.
  for (const [what, isWanted] of has) if (isWanted && what !== 'saved') keys.add(KEYS[what]);
  return keys;
}
