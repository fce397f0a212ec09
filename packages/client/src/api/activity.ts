import type {
  ActivityKind,
  ActivityPage,
  ActivityUnread,
  ReadActivityBody,
} from '@parley/protocol';
import { query } from './query.ts';
import type { ReadOptions, RestSession } from './rest-session.ts';

/** Selects a part of the activity. */
export interface ActivityRequest {
  /** Only items of these kinds; by default all. */
  readonly kinds?: readonly ActivityKind[];
  /** Whether only unread items are listed. */
  readonly unread?: boolean;
  readonly after?: string;
  readonly limit?: number;
}

/** The activity of the account over REST. */
export class ActivityApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /** Returns a page of the activity, the latest first. */
  list(
    { kinds, unread, ...request }: ActivityRequest = {},
    options: ReadOptions = {},
  ): Promise<ActivityPage> {
    const filters = { ...(kinds && { kinds: kinds.join(',') }), ...(unread && { unread: 'true' }) };
    return this.#api.request('GET', `/me/activity${query({ ...filters, ...request })}`, options);
  }

  /** Returns how many items are unread. */
  unread(): Promise<ActivityUnread> {
    return this.#api.request('GET', '/me/activity/unread');
  }

  /** Marks items as read, in the state in which they were listed. */
  read(items: ReadActivityBody['items']): Promise<ActivityUnread> {
    return this.#api.request('POST', '/me/activity/read', { body: { items } });
  }

  /** Marks everything as read. */
  readAll(): Promise<ActivityUnread> {
    return this.#api.request('POST', '/me/activity/read-all');
  }
}
