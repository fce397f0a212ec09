import {
  type ClientId,
  type ConversationId,
  defined,
  type Event,
  type EventOf,
  isNoOverride,
  NO_OVERRIDE,
  NOTIFICATION_DEFAULTS,
  type NotificationOverride,
  type NotificationSettings,
  type NotificationSettingsAnswer,
  type Seq,
  type UpdateNotificationsBody,
  type UpdateOverrideBody,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { NotificationsApi } from './api-notifications.ts';
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

/** The parts of the settings that changes affect. */
type Parts = Pick<NotificationsSnapshot, 'settings' | 'overrides'>;

interface NotificationsDeps {
  readonly api: Pick<
    NotificationsApi,
    'settings' | 'change' | 'changeConversation' | 'changeThread'
  >;
  /** Called when the settings have changed. */
  changed(snapshot: NotificationsSnapshot): void;
}

/**
 * Holds the notification settings of the account, the same on all its devices. They are loaded by
 * the first `load()`, and again when changes were missed; in between, events of the personal stream
 * update them. A change is shown at once, and reverted if the server rejects it.
 */
export class Notifications {
  readonly #deps: NotificationsDeps;
  readonly #loader: StateLoader<NotificationSettingsAnswer, Change>;
  #settings = NOTIFICATION_DEFAULTS;
  #seq = 0;
  readonly #overrides = new Map<string, NotificationOverride & { readonly seq: number }>();
  /** Changes that the server has not answered, in their order. */
  #open: ((parts: Parts) => Parts)[] = [];

  constructor(deps: NotificationsDeps) {
    this.#deps = deps;
    this.#loader = new StateLoader<NotificationSettingsAnswer, Change>({
      load: () => deps.api.settings(),
      replace: (answer) => this.#replace(answer),
      apply: (event) => this.#apply(event),
      changed: () => this.#report(),
    });
  }

  /** Loads the settings, unless they are loaded. The snapshot of the client has them from now on. */
  async load(): Promise<void> {
    await this.#loader.load();
  }

  /** Changes the general settings; absent fields are unchanged. */
  async change(change: UpdateNotificationsBody, id = newId()): Promise<void> {
    await this.#whileShown(
      (parts) => ({ ...parts, settings: { ...parts.settings, ...defined(change) } }),
      async () => {
        const { settings, seq } = await this.#deps.api.change(change, id);
        return () => this.#takeGeneral(settings, seq);
      },
    );
  }

  /** Changes the override of a conversation; null removes a value, absent fields are unchanged. */
  async changeConversation(
    conversation: ConversationId,
    change: UpdateOverrideBody,
    id = newId(),
  ): Promise<void> {
    const key = overrideKey(conversation);
    await this.#whileShown(
      (parts) => withOverride(parts, key, change),
      async () => {
        const answer = await this.#deps.api.changeConversation(conversation, change, id);
        return () => this.#takeOverride(key, answer, answer.seq);
      },
    );
  }

  /** Changes the override of the thread under a message, like that of a conversation. */
  async changeThread(
    conversation: ConversationId,
    thread: Seq,
    change: UpdateOverrideBody,
    id = newId(),
  ): Promise<void> {
    const key = overrideKey(conversation, thread);
    await this.#whileShown(
      (parts) => withOverride(parts, key, change),
      async () => {
        const answer = await this.#deps.api.changeThread(conversation, thread, change, id);
        return () => this.#takeOverride(key, answer, answer.seq);
      },
    );
  }

  /** Handles an applied event of the personal stream. */
  applied(event: Event): void {
    if (event.type !== 'notifications.changed' && event.type !== 'notifications.overridden') return;
    this.#loader.applied(event);
  }

  /** Reloads the settings, after events of the personal stream were skipped. */
  missed(): void {
    this.#loader.missed();
  }

  /** Loads them again if the last attempt failed. Must be called regularly while connected. */
  retry(): void {
    this.#loader.retry();
  }

  /** Handles a restore of the server from a backup: its seqs may be lower than those received before. */
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
    this.#open = [];
    this.#report();
  }

  /**
   * Shows a change while its request is in flight. `request` returns what keeps the answer, which is
   * called unless the state was outdated meanwhile: then it is loaded again.
   */
  async #whileShown(
    change: (parts: Parts) => Parts,
    request: () => Promise<() => unknown>,
  ): Promise<void> {
    const { generation } = this.#loader;
    this.#open.push(change);
    this.#report();
    try {
      const keep = await request();
      if (generation === this.#loader.generation) keep();
    } finally {
      this.#open = this.#open.filter((one) => one !== change);
      this.#report();
    }
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
      return this.#takeGeneral({ ...NOTIFICATION_DEFAULTS, ...event.data }, event.seq);
    }
    const { conversation, thread, ...override } = event.data;
    return this.#takeOverride(overrideKey(conversation, thread), override, event.seq);
  }

  /** Keeps general settings, unless they are known; returns whether they were not. */
  #takeGeneral(settings: NotificationSettings, seq: number): boolean {
    if (seq <= this.#seq) return false;
    this.#settings = settings;
    this.#seq = seq;
    return true;
  }

  /** Keeps an override, unless it is known; returns whether it was not. */
  #takeOverride(key: string, { level, muted }: NotificationOverride, seq: number): boolean {
    if (seq <= (this.#overrides.get(key)?.seq ?? 0)) return false;
    this.#overrides.set(key, { level, muted, seq });
    return true;
  }

  #report(): void {
    let parts: Parts = { settings: this.#settings, overrides: this.#overrides };
    for (const change of this.#open) parts = change(parts);
    const overrides = [...parts.overrides].filter(([, override]) => !isNoOverride(override));
    this.#deps.changed({
      isLoaded: this.#loader.isLoaded,
      settings: parts.settings,
      overrides: new Map(overrides),
    });
  }
}

const newId = (): ClientId => uuidv7() as ClientId;

/** Returns the settings after a change to one override. */
function withOverride(parts: Parts, key: string, change: UpdateOverrideBody): Parts {
  const before = parts.overrides.get(key) ?? NO_OVERRIDE;
  const next = { ...before, ...defined(change) };
  return { ...parts, overrides: new Map(parts.overrides).set(key, next) };
}
