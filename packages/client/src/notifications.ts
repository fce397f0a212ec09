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
import { ApiError } from './api-error.ts';
import { threadKey } from './threads.ts';

/** What an account wants to be notified of. */
export interface NotificationsSnapshot {
  /** Whether the settings were loaded; until then they are those by default. */
  readonly isLoaded: boolean;
  readonly settings: NotificationSettings;
  /** What differs in conversations and threads, by {@link overrideKey}. */
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

/** What {@link Notifications} needs. */
export interface NotificationsDeps {
  load(): Promise<NotificationSettingsAnswer>;
  /** The settings have changed. */
  changed(snapshot: NotificationsSnapshot): void;
}

/**
 * Knows the notification settings of the account, the same on all its devices. They are loaded when they are first
 * asked for, and again when changes were missed; in between they follow from the events of the personal stream.
 */
export class Notifications {
  readonly #deps: NotificationsDeps;
  #settings = NOTIFICATION_DEFAULTS;
  #seq = 0;
  readonly #overrides = new Map<string, NotificationOverride & { readonly seq: Seq }>();
  #isWanted = false;
  #isLoaded = false;
  #loading: Promise<void> | null = null;
  /** Changes since the beginning of the load in progress, which its answer may lack. */
  #since: Change[] = [];
  /** Changes when everything is forgotten: answers to requests from before are ignored. */
  #generation = 0;

  constructor(deps: NotificationsDeps) {
    this.#deps = deps;
  }

  /** Loads the settings, unless they are loaded. The snapshot of the client has them from now on. */
  async load(): Promise<void> {
    this.#isWanted = true;
    if (this.#isLoaded) return;
    this.#loading ??= this.#run().finally(() => {
      this.#loading = null;
    });
    await this.#loading;
  }

  /** An event of the personal stream was applied. */
  applied(event: Event): void {
    if (event.type !== 'notifications.changed' && event.type !== 'notifications.overridden') return;
    if (!this.#isWanted) return;
    if (this.#loading) this.#since.push(event);
    this.#apply(event);
    this.#report();
  }

  /** Events of the personal stream were skipped. */
  missed(): void {
    this.#isLoaded = false;
    this.#generation++;
    this.retry();
  }

  /** Loads them if that has failed; to be called from time to time while connected. */
  retry(): void {
    if (!this.#isWanted || this.#isLoaded) return;
    this.load().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
    });
  }

  /** The server was restored to an earlier state: its seqs begin anew from there. */
  restored(): void {
    this.#generation++;
    this.#isLoaded = false;
    this.#since = [];
    this.#seq = 0;
    for (const [key, override] of this.#overrides) {
      this.#overrides.set(key, { ...override, seq: 0 as Seq });
    }
  }

  /** Forgets everything: another account may be started. */
  clear(): void {
    this.restored();
    this.#isWanted = false;
    this.#settings = NOTIFICATION_DEFAULTS;
    this.#overrides.clear();
    this.#report();
  }

  async #run(): Promise<void> {
    for (;;) {
      const generation = this.#generation;
      this.#since = [];
      const answer = await this.#deps.load();
      if (!this.#isWanted) return;
      // Something was forgotten or missed meanwhile: the answer may be older.
      if (generation !== this.#generation) continue;
      this.#settings = answer.settings;
      this.#seq = answer.seq;
      this.#overrides.clear();
      for (const { conversation, thread, seq, level, muted } of answer.overrides) {
        this.#overrides.set(overrideKey(conversation, thread), { level, muted, seq });
      }
      for (const event of this.#since) this.#apply(event);
      this.#isLoaded = true;
      this.#report();
      return;
    }
  }

  #apply(event: Change): void {
    if (event.type === 'notifications.changed') {
      if (event.seq <= this.#seq) return;
      this.#settings = { ...NOTIFICATION_DEFAULTS, ...event.data };
      this.#seq = event.seq;
      return;
    }
    const { conversation, thread, level, muted } = event.data;
    const key = overrideKey(conversation, thread);
    if (event.seq <= (this.#overrides.get(key)?.seq ?? 0)) return;
    this.#overrides.set(key, { level, muted, seq: event.seq });
  }

  #report(): void {
    const overrides = [...this.#overrides].filter(([, override]) => !isNoOverride(override));
    this.#deps.changed({
      isLoaded: this.#isLoaded,
      settings: this.#settings,
      overrides: new Map(overrides),
    });
  }
}
