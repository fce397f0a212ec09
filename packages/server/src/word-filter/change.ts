import type { AccountId, AccountRole, FilteredWord } from '@parley/protocol';
import type pg from 'pg';
import type { Auditing } from '../audit/audit-log.ts';
import { refuse } from '../http/errors.ts';
import { mayAct } from '../permissions/account-state.ts';
import { isServerAdmin } from '../permissions/minimum-roles.ts';
import { withTransaction } from '../storage/database.ts';
import { storedWords } from './word-filter.ts';

/** A request to replace the list, with the version that was edited. */
export interface WordFilterChange {
  readonly actor: AccountId;
  readonly words: readonly FilteredWord[];
  readonly revision: number;
  readonly at: Date;
  readonly audit: Auditing;
}

/**
 * Replaces the list of the word filter. Storing the current list changes nothing, so a request can
 * be retried; a list that another admin has changed meanwhile is not overwritten.
 * @throws {RefusalError}
 */
export async function changeWordFilter(
  pool: pg.Pool,
  { actor, words, revision, at, audit }: WordFilterChange,
): Promise<void> {
  const note = audit.log.note({
    event: 'word_filter_changed',
    account: actor,
    address: audit.address,
    // Only admins who may read the list may see the words.
    details: {
      rejected: words.filter(({ action }) => action === 'reject').length,
      flagged: words.filter(({ action }) => action === 'flag').length,
    },
  });
  await withTransaction(pool, async (client) => {
    await requireAdmin(client, actor);
    await client.query({ name: 'word-filter-lock', text: 'select from word_filter for update' });
    const stored = await storedWords(client);
    if (JSON.stringify(canonical(stored.words)) === JSON.stringify(canonical(words))) return;
    if (stored.revision !== revision) refuse('word_filter_changed');
    await client.query({
      name: 'word-filter-change',
      text: 'update word_filter set words = $1, revision = revision + 1, changed_at = $2',
      values: [JSON.stringify(canonical(words)), at],
    });
    await note.store(client);
  });
  note.log();
}

const canonical = (words: readonly FilteredWord[]) =>
  words.map(({ text, action }) => ({ text, action }));

/** The role may have changed since the request was authenticated. */
async function requireAdmin(client: pg.PoolClient, actor: AccountId): Promise<void> {
  const { rows } = await client.query<{ role: AccountRole }>({
    name: 'word-filter-admin',
    text: `select a.role from accounts a where a.id = $1 and ${mayAct('a')} for share`,
    values: [actor],
  });
  if (rows[0] === undefined || !isServerAdmin(rows[0].role)) refuse('forbidden');
}
