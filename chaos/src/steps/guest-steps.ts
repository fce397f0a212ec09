import type { ParleyApi } from '@parley/client';
import {
  type AccountId,
  type ConversationId,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';

/** A guest requests what it may not see, over REST. */
export type GuestStep = 'look';

/** What a guest looks at. */
export interface LookTarget {
  /** Any conversation of the run. */
  readonly conversation: ConversationId;
  /** Any account of the run. */
  readonly account: AccountId;
  /** A part of the names of all accounts. */
  readonly name: string;
}

/** What the answer to a request of a guest may contain. */
export type LookScope =
  /** Accounts that share a conversation with it at that time. */
  | 'current'
  /** Also accounts that have left its conversations, or only acted there. */
  | 'ever'
  /** Also conversations that it has left: a former member is still told of the end of its membership. */
  | 'left';

/** A request of a guest. */
export interface Look {
  readonly by: string;
  readonly scope: LookScope;
  readonly request: (api: ParleyApi, target: LookTarget) => Promise<unknown>;
}

/** Many texts contain it, in all conversations. */
const WORD = 'other';

/** The requests of guests. Most are refused, or must contain nothing about other groups. */
export const LOOKS: readonly Look[] = [
  { by: 'users', scope: 'current', request: (api) => api.users() },
  {
    by: 'names of users',
    scope: 'current',
    request: (api, { name }) => api.searchNames(name, { limit: 20 }),
  },
  {
    by: 'names of groups',
    scope: 'current',
    request: (api) => api.searchNames('group', { limit: 20 }),
  },
  {
    by: 'suggestions',
    scope: 'current',
    request: (api, { conversation, name }) =>
      api.mentionSuggestions(conversation, { search: name }),
  },
  {
    by: 'profile',
    scope: 'current',
    request: (api, { account }) => api.userProfile(account),
  },
  { by: 'user', scope: 'ever', request: (api, { account }) => api.user(account) },
  {
    by: 'search',
    scope: 'ever',
    request: (api) => api.searchMessages({ query: WORD, limit: 20 }),
  },
  {
    by: 'history',
    scope: 'ever',
    request: (api, { conversation }) => api.history(conversation, { limit: 20 }),
  },
  {
    by: 'events',
    scope: 'left',
    request: (api, { conversation }) =>
      api.events(streamOfConversation(conversation), { after: 0 as Seq, limit: 20 }),
  },
  { by: 'conversations', scope: 'ever', request: (api) => api.conversations() },
  { by: 'public groups', scope: 'ever', request: (api) => api.groups() },
  { by: 'activity', scope: 'ever', request: (api) => api.activity.list() },
];

/** Returns the request of a step; `pick` in [0, 1) chooses. */
export const lookAt = (pick: number, looks: readonly Look[] = LOOKS): Look =>
  looks[Math.floor(pick * looks.length)] as Look;
