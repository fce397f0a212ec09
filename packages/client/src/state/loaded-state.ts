import { type ClientId, type Event, type Me, streamOfConversation } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { ParleyApi } from '../api/api.ts';
import type { Emitter } from '../lib/emitter.ts';
import { Activity } from '../personal/activity.ts';
import { Drafts } from '../personal/drafts.ts';
import { Notifications } from '../personal/notifications.ts';
import { OpenReports } from '../personal/open-reports.ts';
import { SidebarState } from '../personal/sidebar.ts';
import type { Persistence } from '../storage/persistence.ts';
import {
  type ChangeDeps,
  type ChangeOutcome,
  type WaitingChange,
  WaitingChanges,
} from '../storage/waiting-changes.ts';
import type { LocalStreams } from '../streams/local-streams.ts';
import { Threads } from '../threads/threads.ts';
import { CustomEmojiList } from '../workspace/custom-emoji.ts';
import { UserGroups } from '../workspace/user-groups.ts';
import type { ClientEvents } from './client-types.ts';
import type { ClientState } from './state.ts';

/** Where {@link LoadedState} is loaded from, and where its changes are shown. */
export interface LoadedStateDeps {
  readonly api: ParleyApi;
  readonly state: ClientState;
  readonly persistence: Persistence;
  readonly events: Emitter<ClientEvents>;
  /** Random numbers in [0, 1). */
  readonly random: () => number;
  /** Returns the state of the streams; null before the client was started. */
  local(): LocalStreams | null;
}

/**
 * The state outside of conversations that the client loads over REST, some of it only once it is used,
 * and then keeps up to date with events and frames.
 */
export class LoadedState {
  readonly userGroups: UserGroups;
  readonly emoji: CustomEmojiList;
  readonly drafts: Drafts;
  readonly threads: Threads;
  readonly notifications: Notifications;
  readonly sidebar: SidebarState;
  readonly activity: Activity;
  readonly openReports: OpenReports;
  readonly #persistence: Persistence;
  /** Changes of the locale of the account that the server has not answered. */
  readonly #locale: WaitingChanges<string>;

  constructor({ api, state, persistence, events, random, local }: LoadedStateDeps) {
    this.#persistence = persistence;
    this.userGroups = new UserGroups(api, (userGroups) => state.change({ userGroups }));
    this.emoji = new CustomEmojiList(api, (emoji) => state.change({ emoji }), random);
    this.drafts = new Drafts(api, (change) => events.emit('draft', change));
    this.threads = new Threads({
      api,
      me: () => state.meId,
      appliedUpTo: (id) => local()?.streams.at(streamOfConversation(id)),
      changed: (threads) => state.change({ threads }),
    });
    const waiting: ChangeDeps = {
      put: (change) => persistence.putChange(change),
      remove: (id) => void persistence.removeChange(id),
      refused: (error) => events.emit('refused', error),
    };
    this.notifications = new Notifications({
      ...waiting,
      api: api.notifications,
      changed: (notifications) =>
        state.change({ notifications, waitingChanges: this.#waitingChanges }),
      keep: (notifications) => persistence.state({ notifications }),
    });
    this.sidebar = new SidebarState({
      ...waiting,
      api: api.sidebar,
      changed: (sidebar) => state.change({ sidebar, waitingChanges: this.#waitingChanges }),
      keep: (sidebar) => persistence.state({ sidebar }),
    });
    this.#locale = new WaitingChanges({
      ...waiting,
      of: 'locale',
      send: async (locale) =>
        state.change({ me: await api.request<Me>('PATCH', '/me', { body: { locale } }) }),
      changed: () => state.change({ waitingChanges: this.#waitingChanges }),
    });
    this.activity = new Activity({
      api: api.activity,
      me: () => state.meId,
      membersOf: (conversation) => state.view(conversation)?.memberCount ?? 0,
      random,
      changed: (activity) => state.change({ activity }),
    });
    this.openReports = new OpenReports({
      load: () => api.reports.countOpen(),
      me: () => state.meId,
      changed: (openReports) => state.change({ openReports }),
    });
  }

  /** Changes the locale of the account; without a connection the change waits. */
  changeLocale(locale: string): Promise<ChangeOutcome> {
    return this.#locale.add(locale, uuidv7() as ClientId);
  }

  /** Shows changes that were stored and wait for the server. */
  restoreChanges(changes: readonly WaitingChange[]): void {
    this.#locale.restore(changes);
    this.notifications.restoreChanges(changes);
    this.sidebar.restoreChanges(changes);
  }

  /** Sends the changes that wait, including those of tabs that were closed: the client is live. */
  async sendChanges(): Promise<void> {
    this.restoreChanges(await this.#persistence.changes());
    this.notifications.retry();
    this.sidebar.retry();
    this.#locale.resume();
  }

  /** Applies an event, which was not applied before. */
  applied(event: Event): void {
    this.threads.applied(event);
    this.notifications.applied(event);
    this.sidebar.applied(event);
    this.activity.applied(event);
    this.openReports.applied(event);
  }

  /** Loads again what could not be loaded. Called at every ping. */
  retry(): void {
    this.threads.retry();
    this.notifications.retry();
    this.sidebar.retry();
    this.#locale.resume();
    this.activity.retry();
    this.openReports.refresh();
  }

  /** Reloads everything: what was loaded may be from before the server was restored. */
  restored(): void {
    this.drafts.restored();
    this.threads.restored();
    this.userGroups.missed();
    this.emoji.missed();
    this.notifications.restored();
    this.sidebar.restored();
    this.activity.restored();
  }

  /** Removes everything from memory: the client may be started with another account. */
  clear(): void {
    this.drafts.clear();
    this.userGroups.clear();
    this.emoji.clear();
    this.threads.clear();
    this.notifications.clear();
    this.sidebar.clear();
    this.activity.clear();
    this.openReports.clear();
    this.#locale.clear();
  }

  get #waitingChanges(): number {
    return this.notifications.waiting + this.sidebar.waiting + this.#locale.changes.length;
  }
}
