import type { ConversationView } from '@parley/client';
import type { AccountId, ConversationId, FoundName, User } from '@parley/protocol';
import { titleOf } from '../lib/conversation-views.ts';
import { fold, scoreOf } from '../lib/fuzzy.ts';
import { activityOf } from '../sidebar/arrangement.ts';

/** Maximum numbers of results: without a text, and of a text. */
const RECENT = 8;
const MATCHES = 8;
/** With this many matches, results found only by the server are left out. */
const ENOUGH = 3;
/**
 * The score of results found only by the server, and the bonus of recently opened conversations.
 */
const FOUND = 10;
const VISITED = 8;

/** A conversation, or a user with whom there is none yet. */
export type Place =
  | { readonly kind: 'conversation'; readonly view: ConversationView }
  | { readonly kind: 'user'; readonly user: User };

/** What {@link recentPlaces} and {@link matchingPlaces} choose from. */
export interface PlacesInput {
  readonly conversations: ReadonlyMap<ConversationId, ConversationView>;
  readonly users: ReadonlyMap<AccountId, User>;
  readonly me: AccountId | undefined;
  /** The conversations that were opened in this tab, the last one first. */
  readonly visited: readonly ConversationId[];
}

/** Returns the conversations that were opened last, without the open one, and then those with the latest messages. */
export function recentPlaces({ conversations, visited }: PlacesInput): Place[] {
  const rank = ({ id }: ConversationView) => {
    const at = visited.indexOf(id);
    return at === -1 ? visited.length : at;
  };
  return [...conversations.values()]
    .filter((view) => view.archivedAt === null && view.id !== visited[0])
    .sort((a, b) => rank(a) - rank(b) || (activityOf(a) < activityOf(b) ? 1 : -1))
    .slice(0, RECENT)
    .map((view) => ({ kind: 'conversation', view }));
}

/** Returns the conversations and users that match a text, the best match first. */
export function matchingPlaces(
  text: string,
  input: PlacesInput,
  found: readonly FoundName[],
): Place[] {
  const query = fold(text.trim());
  const { conversations, users, visited } = input;
  const scored = new Map<string, { score: number; place: Place }>();
  const add = (key: string, score: number, place: Place) => {
    if (score > (scored.get(key)?.score ?? 0)) scored.set(key, { score, place });
  };
  /** Users with a direct conversation, which represents them. */
  const reached = new Set<AccountId>();
  for (const view of conversations.values()) {
    const peer = view.peer ? users.get(view.peer) : undefined;
    if (view.peer) reached.add(view.peer);
    const score = scoreOfNames(query, titleOf(view, users), peer);
    const wasVisited = visited.includes(view.id);
    if (score > 0) add(view.id, score + (wasVisited ? VISITED : 0), { kind: 'conversation', view });
  }
  const addUser = (user: User, least: number) => {
    if (user.id === input.me || reached.has(user.id) || !user.isActive) return;
    const score = Math.max(scoreOfNames(query, user.displayName, user), least);
    if (score > 0) add(user.id, score, { kind: 'user', user });
  };
  for (const user of users.values()) addUser(user, 0);
  for (const one of scored.size < ENOUGH ? found : []) {
    const view = one.kind === 'user' ? undefined : conversations.get(one.id);
    if (one.kind === 'user') addUser(one.user, FOUND);
    else if (view) add(view.id, FOUND, { kind: 'conversation', view });
  }
  return [...scored.values()]
    .sort((a, b) => b.score - a.score)
    .slice(0, MATCHES)
    .map(({ place }) => place);
}

/** Returns the better of the scores of a name and of the username. */
const scoreOfNames = (query: string, name: string, user: User | undefined): number =>
  Math.max(
    scoreOf(query, fold(name)),
    user ? scoreOf(query.replace(/^@/, ''), fold(user.username)) : 0,
  );
