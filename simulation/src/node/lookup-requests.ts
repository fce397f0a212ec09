import type { AccountId, AccountRole, ConversationId, Seq, StreamId } from '@parley/protocol';
import { userOf, usersPage } from '@parley/server/internal/accounts/users/users';
import { refuse } from '@parley/server/internal/http/errors';
import { eventsFor, history } from '@parley/server/internal/messages/history/queries';
import { mentionSuggestions } from '@parley/server/internal/messages/routes/mention-suggestions';
import type { Directory } from '@parley/server/internal/search/directory';
import type pg from 'pg';
import type { NodeRequest } from '../network/network.ts';

/** What lookups are carried out with. */
export interface LookupDeps {
  readonly pool: pg.Pool;
  readonly directory: Directory;
  readonly roleOf: (account: AccountId) => AccountRole;
}

/** The number of users, messages or events of a page, as the schemas of the routes have it. */
const PAGE = 50;
/** The number of suggestions. */
const SUGGESTIONS = 10;

/** Answers a request for users, names, messages or events; null if it is another one. */
export async function lookUp(
  { pool, directory, roleOf }: LookupDeps,
  account: AccountId,
  { method, path, query }: NodeRequest,
): Promise<unknown> {
  if (method !== 'GET') return null;
  const [, domain, id, part] = path.split('/') as [string, string, string?, string?];
  const limit = Number(query?.get('limit') ?? PAGE);
  switch (part === undefined ? domain : `${domain} ${part}`) {
    case 'users': {
      if (id !== undefined) {
        return (await userOf(pool, account, id as AccountId)) ?? refuse('account_not_found');
      }
      const page = { search: undefined, after: null, limit };
      return await usersPage(pool, { account, role: roleOf(account) }, page);
    }
    case 'search':
      return { items: await directory.find(account, query?.get('query') ?? '', limit) };
    case 'conversations mention-suggestions': {
      const search = query?.get('search') ?? '';
      const request = { search, limit: SUGGESTIONS };
      const found = await mentionSuggestions(pool, account, id as ConversationId, request);
      return { items: found ?? refuse('conversation_not_found'), userGroups: [] };
    }
    case 'conversations messages':
      return (
        (await history(pool, account, id as ConversationId, { limit })) ??
        refuse('conversation_not_found')
      );
    case 'streams events': {
      const after = Number(query?.get('after') ?? 0) as Seq;
      const found = await eventsFor(pool, account, id as StreamId, { after, limit });
      return found ?? refuse('not_found');
    }
    default:
      return null;
  }
}
