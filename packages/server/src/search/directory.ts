import {
  type AccountId,
  type ConversationId,
  type FoundName,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type pg from 'pg';
import { toUser, type UserRow, userColumns } from '../accounts/users/users.ts';
import { EVERYONE } from '../conversations/everyone.ts';
import { contactsOf } from '../permissions/guests.ts';
import {
  type PreparedName,
  type PreparedQuery,
  prepareName,
  prepareQuery,
  rankOf,
  typoRankOf,
} from './name-match.ts';

/** Candidates whose closeness to the account is looked up. */
const CANDIDATES_MAX = 60;
/** Cached prepared names of the account’s groups. */
const PREPARED_MAX = 20_000;

/** A user or a group that can be found. */
interface Entry {
  readonly kind: 'user' | 'group';
  readonly id: string;
  readonly prepared: PreparedName;
}

/** The conversations of an account: its groups, and its direct conversations by user. */
interface Own {
  readonly groups: readonly Entry[];
  readonly ranks: ReadonlyMap<string, number>;
  readonly directs: ReadonlyMap<string, ConversationId>;
}

/** A matching entry with its score; closeness to the account adds less than 1. */
interface Candidate {
  readonly entry: Entry;
  readonly score: number;
}

/**
 * Finds users and groups by their names, for the quick switcher.
 *
 * Names of active users and public groups are cached until the head of the workspace stream, which
 * announces every change to them, has moved; each search compares it. Names of private groups that
 * the account is a member of are read with each search.
 */
export class Directory {
  readonly #pool: pg.Pool;
  #known: { readonly head: number; readonly entries: Promise<readonly Entry[]> } | null = null;
  /** Names of groups as they were prepared for earlier searches: an account can have a thousand groups. */
  readonly #prepared = new Map<string, PreparedName>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Returns users and groups, the best match first; without a text, those closest to the account. */
  async find(account: AccountId, text: string, limit: number): Promise<FoundName[]> {
    const query = prepareQuery(text);
    const [known, own, contacts] = await Promise.all([
      this.#entries(),
      this.#readOwn(account),
      this.#contactsOfGuest(account),
    ]);
    // A guest finds only the users of its conversations, and no other groups.
    const entries = contacts ? known.filter(({ id }) => contacts.has(id)) : known;
    const mine = new Set(own.groups.map((group) => group.id));
    const all = [...own.groups, ...entries.filter((entry) => !mine.has(entry.id))];
    const candidates = query.text === '' ? closest(all, own) : fitting(all, query, own);
    const ranked = await this.#byCloseness(account, candidates);
    return await this.#shown(
      account,
      ranked.slice(0, limit).map(({ entry }) => entry),
      own,
    );
  }

  async #entries(): Promise<readonly Entry[]> {
    const { rows } = await this.#pool.query<{ head: number }>({
      name: 'search-workspace-head',
      text: 'select last_seq as head from streams where id = $1',
      values: [WORKSPACE_STREAM],
    });
    const head = rows[0]?.head ?? 0;
    // The head was read first, so these rows are at least as new.
    if (this.#known?.head !== head) this.#known = { head, entries: this.#read() };
    const known = this.#known;
    try {
      return await known.entries;
    } catch (error) {
      if (this.#known === known) this.#known = null;
      throw error;
    }
  }

  async #read(): Promise<readonly Entry[]> {
    const { rows } = await this.#pool.query<{
      kind: 'user' | 'group';
      id: string;
      name: string;
      username: string;
    }>(
      `select 'user' as kind, id, display_name as name, username from accounts where is_active
       union all
       select 'group', id, name, '' from conversations
       where kind = 'group' and visibility = 'public' and deleted_at is null`,
    );
    return rows.map(({ kind, id, name, username }) => ({
      kind,
      id,
      prepared: prepareName(name, username),
    }));
  }

  /** Returns the accounts that a guest may find; null for others, who may find all. */
  async #contactsOfGuest(account: AccountId): Promise<ReadonlySet<string> | null> {
    const { rows } = await this.#pool.query<{ contacts: string[] | null }>({
      name: 'search-contacts-of-guest',
      text: `select case when role = 'guest' then array(select $1::uuid union ${contactsOf('$1')}) end
               as contacts
             from accounts where id = $1`,
      values: [account],
    });
    const contacts = rows[0]?.contacts;
    return contacts ? new Set(contacts) : null;
  }

  /** Reads the conversations of the account, those with the latest events first. */
  async #readOwn(account: AccountId): Promise<Own> {
    const { rows } = await this.#pool.query<{
      id: ConversationId;
      kind: 'direct' | 'group';
      name: string | null;
      peer: AccountId | null;
    }>({
      name: 'search-own-conversations',
      text: `select c.id, c.kind, c.name,
               case when c.kind = 'direct' and c.member_count <= 2 then coalesce((
                 select o.account_id from memberships o
                 where o.conversation_id = c.id and o.account_id <> $1 limit 1), $1) end as peer
             from memberships m
             join conversations c on c.id = m.conversation_id
             join streams s on s.id = c.id
             where m.account_id = $1 and m.left_seq is null
             order by s.last_at desc, c.id`,
      values: [account],
    });
    const ranks = new Map<string, number>();
    const directs = new Map<string, ConversationId>();
    const groups: Entry[] = [];
    for (const [n, { id, kind, name, peer }] of rows.entries()) {
      const of = kind === 'group' ? id : peer;
      // A direct conversation of several users is not listed under their names.
      if (of === null) continue;
      ranks.set(of, 1 / (2 + n));
      if (kind === 'direct') directs.set(of, directs.get(of) ?? id);
      else groups.push({ kind, id, prepared: this.#prepare(name ?? '') });
    }
    return { groups, ranks, directs };
  }

  #prepare(name: string): PreparedName {
    const known = this.#prepared.get(name);
    if (known) return known;
    if (this.#prepared.size >= PREPARED_MAX) this.#prepared.clear();
    const prepared = prepareName(name);
    this.#prepared.set(name, prepared);
    return prepared;
  }

  /** Adds to the scores of users how many groups they share with the account, and orders by the scores. */
  async #byCloseness(
    account: AccountId,
    candidates: readonly Candidate[],
  ): Promise<readonly Candidate[]> {
    const users = candidates.filter(({ entry }) => entry.kind === 'user');
    if (users.length < 2) return candidates;
    const { rows } = await this.#pool.query<{ id: string; shared: number }>({
      name: 'search-shared-groups',
      // Starts from the few candidates and looks up their groups by key among those of the account:
      // either may have a thousand groups, and the default group has all users. “offset 0”
      // fixes this order.
      text: `select u.id, count(*)::int as shared
             from unnest($2::uuid[]) u (id)
             cross join lateral (
               select o.conversation_id from memberships o
               where o.account_id = u.id and o.left_seq is null and o.conversation_id <> '${EVERYONE}'
               offset 0) o
             cross join lateral (
               select from memberships m
               where m.account_id = $1 and m.conversation_id = o.conversation_id and m.left_seq is null
               offset 0) m
             join conversations c on c.id = o.conversation_id and c.kind = 'group'
             group by u.id`,
      values: [account, users.map(({ entry }) => entry.id)],
    });
    const shared = new Map(rows.map((row) => [row.id, row.shared]));
    return candidates
      .map(({ entry, score }) => {
        const groups = shared.get(entry.id) ?? 0;
        return { entry, score: score + (0.4 * groups) / (groups + 3) };
      })
      .sort(byScore);
  }

  /** Returns entries as shown to clients, without those that were just removed. */
  async #shown(account: AccountId, entries: readonly Entry[], own: Own): Promise<FoundName[]> {
    const idsOf = (kind: Entry['kind']) =>
      entries.filter((entry) => entry.kind === kind).map((entry) => entry.id);
    const [users, groups] = await Promise.all([
      this.#pool.query<UserRow>({
        name: 'search-users-shown',
        text: `select ${userColumns('$2')} from accounts a where a.id = any($1::uuid[]) and a.is_active`,
        values: [idsOf('user'), account],
      }),
      this.#pool.query<{ id: ConversationId; item: FoundName }>({
        name: 'search-groups-shown',
        text: `select c.id, json_build_object('kind', 'group', 'id', c.id, 'name', c.name,
                 'visibility', c.visibility, 'memberCount', c.member_count,
                 'isMember', m.account_id is not null) as item
               from conversations c
               left join memberships m on m.conversation_id = c.id and m.account_id = $1
                 and m.left_seq is null
               where c.id = any($2::uuid[]) and c.deleted_at is null
                 and (c.visibility = 'public' or m.account_id is not null)`,
        values: [account, idsOf('group')],
      }),
    ]);
    const shown = new Map<string, FoundName>(groups.rows.map((row) => [row.id, row.item]));
    for (const row of users.rows) {
      const conversation = own.directs.get(row.id) ?? null;
      shown.set(row.id, { kind: 'user', user: toUser(row), conversation });
    }
    return entries.flatMap(({ id }) => shown.get(id) ?? []);
  }
}

const byScore = (a: Candidate, b: Candidate): number => b.score - a.score || byName(a, b);

// By code units: names are folded, and a locale-aware comparison takes ten times as long.
const byName = ({ entry: a }: Candidate, { entry: b }: Candidate): number =>
  a.prepared.name < b.prepared.name ? -1 : a.prepared.name > b.prepared.name ? 1 : 0;

/** Returns the best candidates in order, without sorting the rest: one letter matches thousands. */
function best(candidates: readonly Candidate[]): Candidate[] {
  const found: Candidate[] = [];
  for (const candidate of candidates) {
    const last = found.at(-1);
    const isFull = found.length === CANDIDATES_MAX;
    if (isFull && last && byScore(candidate, last) >= 0) continue;
    let [from, to] = [0, found.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (byScore(candidate, found[middle] as Candidate) < 0) to = middle;
      else from = middle + 1;
    }
    found.splice(from, 0, candidate);
    if (isFull) found.pop();
  }
  return found;
}

/** Returns the users and groups that the account has conversations with, the latest first. */
function closest(entries: readonly Entry[], { ranks }: Own): Candidate[] {
  return best(
    entries.flatMap((entry) => {
      const score = ranks.get(entry.id);
      return score === undefined ? [] : [{ entry, score }];
    }),
  );
}

/** Returns the matching entries, the best first; those with typos only if few others match. */
function fitting(entries: readonly Entry[], query: PreparedQuery, { ranks }: Own): Candidate[] {
  const fit = (rank: typeof rankOf) =>
    best(
      entries.flatMap((entry): Candidate[] => {
        const score = rank(query, entry.prepared);
        return score === null ? [] : [{ entry, score: score + (ranks.get(entry.id) ?? 0) }];
      }),
    );
  const candidates = fit(rankOf);
  if (candidates.length >= 5) return candidates;
  const found = new Set(candidates.map(({ entry }) => entry));
  const others = fit(typoRankOf).filter(({ entry }) => !found.has(entry));
  return [...candidates, ...others];
}
