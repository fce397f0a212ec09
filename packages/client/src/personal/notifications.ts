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
import type { NotificationsApi } from '../api/notifications.ts';
import { StateLoader } from '../api/state-loader.ts';
import {
  type ChangeDeps,
  type ChangeOutcome,
  type WaitingChange,
  WaitingChanges,
} from '../storage/waiting-changes.ts';
import { threadKey } from '../threads/threads.ts';

/** The notification settings of an account. */
export interface NotificationsSnapshot {
  /** Whether the settings were loaded; until then they are those stored on this device, or the defaults. */
  readonly isLoaded: boolean;
  /** Whether the settings are not merely the defaults: they were loaded, or stored on this device. */
  readonly isKnown: boolean;
  readonly settings: NotificationSettings;
  /** The overrides, by {@link overrideKey}. */
  readonly overrides: ReadonlyMap<string, NotificationOverride>;
}

/** Nothing is loaded. */
export const NO_NOTIFICATIONS: NotificationsSnapshot = {
  isLoaded: false,
  isKnown: false,
  settings: NOTIFICATION_DEFAULTS,
  overrides: new Map(),
};

/** Returns the key of a conversation, or of a thread in it, in {@link NotificationsSnapshot.overrides}. */
export const overrideKey = (conversation: ConversationId, thread?: Seq): string =>
  thread === undefined ? conversation : threadKey(conversation, thread);

type Change = EventOf<'notifications.changed'> | EventOf<'notifications.overridden'>;

/** The parts of the settings that changes affect. */
type Parts = Pick<NotificationsSnapshot, 'settings' | 'overrides'>;

/** A change of the override of a conversation, or of a thread in it. */
interface OverrideChange {
  readonly conversation: ConversationId;
  readonly thread?: Seq;
  readonly change: UpdateOverrideBody;
}

interface NotificationsDeps extends ChangeDeps {
  readonly api: Pick<
    NotificationsApi,
    'settings' | 'change' | 'changeConversation' | 'changeThread'
  >;
  /** Called when the settings have changed. */
  changed(snapshot: NotificationsSnapshot): void;
  /** Called with what is to be stored for the next start. */
  keep(settings: NotificationSettingsAnswer): void;
}

/**
 * Holds the notification settings of the account, the same on all its devices. They are loaded by
 * the first `load()`, and again when changes were missed; in between, events of the personal stream
 * update them. A change is shown at once, and reverted if the server rejects it. Without a connection it waits.
 */
export class Notifications {
  readonly #deps: NotificationsDeps;
  readonly #loader: StateLoader<NotificationSettingsAnswer, Change>;
  #settings = NOTIFICATION_DEFAULTS;
  #seq = 0;
  readonly #overrides = new Map<string, NotificationSettingsAnswer['overrides'][number]>();
  #isKnown = false;
  /** Changes of the general settings that the server has not answered. */
  readonly #waitingGeneral: WaitingChanges<UpdateNotificationsBody>;
  /** Changes of overrides that the server has not answered. */
  readonly #waitingOverrides: WaitingChanges<OverrideChange>;

  constructor(deps: NotificationsDeps) {
    this.#deps = deps;
    this.#loader = new StateLoader<NotificationSettingsAnswer, Change>({
      load: () => deps.api.settings(),
      replace: (answer) => this.#replace(answer),
      apply: (event) => this.#apply(event),
      changed: () => this.#report(),
    });
    const changed = () => this.#report();
    this.#waitingGeneral = new WaitingChanges({
      ...deps,
      of: 'notifications',
      send: (change, id) => this.#sendGeneral(change, id),
      changed,
    });
    this.#waitingOverrides = new WaitingChanges({
      ...deps,
      of: 'overrides',
      send: (change, id) => this.#sendOverride(change, id),
      changed,
    });
  }

  /** The number of changes that the server has not answered. */
  get waiting(): number {
    return this.#waitingGeneral.changes.length + this.#waitingOverrides.changes.length;
  }

  /** Loads the settings, unless they are loaded. The snapshot of the client has them from now on. */
  async load(): Promise<void> {
    await this.#loader.load();
  }

  /** Shows the settings that were stored, until they are loaded. */
  restore(settings: NotificationSettingsAnswer): void {
    if (this.#loader.isLoaded) return;
    this.#show(settings);
    this.#report();
  }

  /** Shows changes that were stored and wait for the server. */
  restoreChanges(changes: readonly WaitingChange[]): void {
    this.#waitingGeneral.restore(changes);
    this.#waitingOverrides.restore(changes);
  }

  /** Changes the general settings; absent fields are unchanged. */
  change(change: UpdateNotificationsBody, id = newId()): Promise<ChangeOutcome> {
    return this.#waitingGeneral.add(change, id);
  }

  /** Changes the override of a conversation; null removes a value, absent fields are unchanged. */
  changeConversation(
    conversation: ConversationId,
    change: UpdateOverrideBody,
    id = newId(),
  ): Promise<ChangeOutcome> {
    return this.#waitingOverrides.add({ conversation, change }, id);
  }

  /** Changes the override of the thread under a message, like that of a conversation. */
  changeThread(
    conversation: ConversationId,
    thread: Seq,
    change: UpdateOverrideBody,
    id = newId(),
  ): Promise<ChangeOutcome> {
    return this.#waitingOverrides.add({ conversation, thread, change }, id);
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
    this.#waitingGeneral.resume();
    this.#waitingOverrides.resume();
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
    this.#isKnown = false;
    this.#waitingGeneral.clear();
    this.#waitingOverrides.clear();
    this.#report();
  }

  async #sendGeneral(change: UpdateNotificationsBody, id: ClientId): Promise<void> {
    const { generation } = this.#loader;
    const { settings, seq } = await this.#deps.api.change(change, id);
    // The state was outdated meanwhile, and is loaded again.
    if (generation !== this.#loader.generation) return;
    if (this.#takeGeneral(settings, seq)) this.#keep();
  }

  async #sendOverride(
    { conversation, thread, change }: OverrideChange,
    id: ClientId,
  ): Promise<void> {
    const { generation } = this.#loader;
    const { api } = this.#deps;
    const answer =
      thread === undefined
        ? await api.changeConversation(conversation, change, id)
        : await api.changeThread(conversation, thread, change, id);
    if (generation !== this.#loader.generation) return;
    this.#takeOverride({ conversation, thread }, answer, answer.seq as Seq);
    this.#keep();
  }

  #replace(answer: NotificationSettingsAnswer): void {
    this.#show(answer);
    this.#keep();
  }

  #keep(): void {
    this.#deps.keep({
      settings: this.#settings,
      seq: this.#seq,
      overrides: [...this.#overrides.values()],
    });
  }

  #show({ settings, seq, overrides }: NotificationSettingsAnswer): void {
    this.#isKnown = true;
    this.#settings = settings;
    this.#seq = seq;
    this.#overrides.clear();
    for (const one of overrides) {
      this.#overrides.set(overrideKey(one.conversation, one.thread), one);
    }
  }

  #apply(event: Change): boolean {
    const isNew =
      event.type === 'notifications.changed'
        ? this.#takeGeneral({ ...NOTIFICATION_DEFAULTS, ...event.data }, event.seq)
        : this.#takeOverride(event.data, event.data, event.seq);
    if (isNew) this.#keep();
    return isNew;
  }

  /** Keeps general settings, unless they are known; returns whether they were not. */
  #takeGeneral(settings: NotificationSettings, seq: number): boolean {
    if (seq <= this.#seq) return false;
    this.#settings = settings;
    this.#seq = seq;
    return true;
  }

  /** Keeps an override, unless it is known; returns whether it was not. */
  #takeOverride(
    { conversation, thread }: { conversation: ConversationId; thread?: Seq | undefined },
    { level, muted }: NotificationOverride,
    seq: Seq,
  ): boolean {
    const key = overrideKey(conversation, thread);
    if (seq <= (this.#overrides.get(key)?.seq ?? 0)) return false;
    const place = thread === undefined ? { conversation } : { conversation, thread };
    this.#overrides.set(key, { ...place, level, muted, seq });
    return true;
  }

  #report(): void {
    let parts: Parts = { settings: this.#settings, overrides: this.#overrides };
    for (const { change } of this.#waitingGeneral.changes) {
      parts = { ...parts, settings: { ...parts.settings, ...defined(change) } };
    }
    for (const { change: one } of this.#waitingOverrides.changes) {
      parts = withOverride(parts, overrideKey(one.conversation, one.thread), one.change);
    }
    const overrides = [...parts.overrides].filter(([, override]) => !isNoOverride(override));
    this.#deps.changed({
      isLoaded: this.#loader.isLoaded,
      isKnown: this.#isKnown,
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
