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

/** A request of a guest. */
export interface Look {
  readonly by: string;
  /** Whether the accounts of the answer must share a conversation with the guest at that time. */
  readonly isNow: boolean;
  /** A former member is still told of the end of its membership. */
  readonly isOfPast?: true;
  readonly request: (api: ParleyApi, target: LookTarget) => Promise<unknown>;
}

/** Many texts contain it, in all conversations. */
const WORD = 'other';

/** The requests of guests. Most are refused, or must contain nothing about other groups. */
export const LOOKS: readonly Look[] = [
  { by: 'users', isNow: true, request: (api) => api.users() },
  {
    by: 'names of users',
    isNow: true,
    request: (api, { name }) => api.searchNames(name, { limit: 20 }),
  },
  { by: 'names of groups', isNow: true, request: (api) => api.searchNames('group', { limit: 20 }) },
  {
    by: 'suggestions',
    isNow: true,
    request: (api, { conversation, name }) =>
      api.mentionSuggestions(conversation, { search: name }),
  },
  {
    by: 'profile',
    isNow: true,
    request: (api, { account }) => api.userProfile(account),
  },
  { by: 'user', isNow: false, request: (api, { account }) => api.user(account) },
  {
    by: 'search',
    isNow: false,
    request: (api) => api.searchMessages({ query: WORD, limit: 20 }),
  },
  {
    by: 'history',
    isNow: false,
    request: (api, { conversation }) => api.history(conversation, { limit: 20 }),
  },
  {
    by: 'events',
    isNow: false,
    isOfPast: true,
    request: (api, { conversation }) =>
      api.events(streamOfConversation(conversation), { after: 0 as Seq, limit: 20 }),
  },
  { by: 'conversations', isNow: false, request: (api) => api.conversations() },
  { by: 'public groups', isNow: false, request: (api) => api.groups() },
  { by: 'activity', isNow: false, request: (api) => api.activity.list() },
];

/** Returns the request of a step; `pick` in [0, 1) chooses. */
export const lookAt = (pick: number, looks: readonly Look[] = LOOKS): Look =>
  looks[Math.floor(pick * looks.length)] as Look;
