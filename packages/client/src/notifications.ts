import {
  type ConversationId,
  type Event,
  type EventOf,
  isNoOverride,
  NOTIFICATION_DEFAULTS,
  type NotificationOverride,
  type NotificationSettings,
  type NotificationSettingsAnswer,
  type Seq,
} from '@parley/protocol';
import { StateLoader } from './state-loader.ts';
import { threadKey } from './threads.ts';

/** The notification settings of an account. */
export interface NotificationsSnapshot {
  /** Whether the settings were loaded; until then they are the defaults. */
  readonly isLoaded: boolean;
  readonly settings: NotificationSettings;
  /** The overrides, by {@link overrideKey}. */
  readonly overrides: ReadonlyMap<string, NotificationOverride>;
}

/** Nothing is loaded. */
export const NO_NOTIFICATIONS: NotificationsSnapshot = {
  isLoaded: false,
  settings: NOTIFICATION_DEFAULTS,
  overrides: new Map(),
};

/** Returns the key of a conversation, or of a thread in it, in {@link NotificationsSnapshot.overrides}. */
export const overrideKey = (conversation: ConversationId, thread?: Seq): string =>
  thread === undefined ? conversation : threadKey(conversation, thread);

type Change = EventOf<'notifications.changed'> | EventOf<'notifications.overridden'>;

/** The dependencies of {@link Notifications}. */
export interface NotificationsDeps {
  load(): Promise<NotificationSettingsAnswer>;
  /** The settings have changed. */
  changed(snapshot: NotificationsSnapshot): void;
}

/**
 * Holds the notification settings of the account, the same on all its devices. They are loaded by
 * the first `load()`, and again when changes were missed; in between, events of the personal stream
 * update them.
 */
export class Notifications {
  readonly #deps: NotificationsDeps;
  readonly #loader: StateLoader<NotificationSettingsAnswer, Change>;
  #settings = NOTIFICATION_DEFAULTS;
  #seq = 0;
  readonly #overrides = new Map<string, NotificationOverride & { readonly seq: Seq }>();

  constructor(deps: NotificationsDeps) {
    this.#deps = deps;
    this.#loader = new StateLoader<NotificationSettingsAnswer, Change>({
      load: () => deps.load(),
      replace: (answer) => this.#replace(answer),
      apply: (event) => this.#apply(event),
      changed: () => this.#report(),
    });
  }

  /** Loads the settings, unless they are loaded. The snapshot of the client has them from now on. */
  async load(): Promise<void> {
    await this.#loader.load();
  }

  /** An event of the personal stream was applied. */
  applied(event: Event): void {
    if (event.type !== 'notifications.changed' && event.type !== 'notifications.overridden') return;
    this.#loader.applied(event);
  }

  /** Events of the personal stream were skipped. */
  missed(): void {
    this.#loader.missed();
  }

  /** Loads them again if the last attempt failed. Must be called regularly while connected. */
  retry(): void {
    this.#loader.retry();
  }

  /** The server was restored from a backup: its seqs may be lower than those received before. */
  restored(): void {
    this.#seq = 0;
    for (const [key, override] of this.#overrides) {
      this.#overrides.set(key, { ...override, seq: 0 as Seq });
    }
    this.#loader.missed();
  }

  /** Clears the state: the client may be started with another account. */
  clear(): void {
    this.#loader.clear();
    this.#settings = NOTIFICATION_DEFAULTS;
    this.#seq = 0;
    this.#overrides.clear();
    this.#report();
  }

  #replace({ settings, seq, overrides }: NotificationSettingsAnswer): void {
    this.#settings = settings;
    this.#seq = seq;
    this.#overrides.clear();
    for (const { conversation, thread, seq, level, muted } of overrides) {
      this.#overrides.set(overrideKey(conversation, thread), { level, muted, seq });
    }
  }

  #apply(event: Change): boolean {
    if (event.type === 'notifications.changed') {
      if (event.seq <= this.#seq) return false;
      this.#settings = { ...NOTIFICATION_DEFAULTS, ...event.data };
      this.#seq = event.seq;
      return true;
    }
    const { conversation, thread, level, muted } = event.data;
    const key = overrideKey(conversation, thread);
    if (event.seq <= (this.#overrides.get(key)?.seq ?? 0)) return false;
    this.#overrides.set(key, { level, muted, seq: event.seq });
    return true;
  }

  #report(): void {
    const overrides = [...this.#overrides].filter(([, override]) => !isNoOverride(override));
    this.#deps.changed({
      isLoaded: this.#loader.isLoaded,
      settings: this.#settings,
      overrides: new Map(overrides),
    });
  }
}
