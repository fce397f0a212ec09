import type { Conversation, ConversationId, ServerSettingName } from '@parley/protocol';
import type { ParleyApi } from '../api/api.ts';
import { ApiError } from '../api/api-error.ts';
import { Backoff } from '../connection/backoff.ts';
import { type ConversationView, viewOf } from '../conversations/conversations.ts';
import type { ClientCounters } from '../state/client-types.ts';
import type { ClientState } from '../state/state.ts';

/** Attempts to reload a conversation whose events overtake the responses. */
const ATTEMPTS = 5;
/** Attempts to reload the user’s own account. */
const OWN_ATTEMPTS = 6;
/**
 * A change of the server’s settings concerns all clients, which reload their own account at a
 * random time within this, ms. Meanwhile they may offer outdated actions, but the server checks
 * every request.
 */
const SPREAD_MS = 10_000;
/** Whether each setting of the server affects the permissions of the user’s own account. */
const CONCERNS_ME: Readonly<Record<ServerSettingName, boolean>> = {
  name: false,
  icon: false,
  registration: false,
  groupCreation: true,
  emojiCreation: true,
  messageEditWindow: true,
  messageDeleteWindow: true,
  messageRetentionDays: false,
  groupRetention: false,
  linkPreviews: false,
  emailContent: false,
  setupSteps: false,
};

interface RefreshesDeps {
  readonly api: ParleyApi;
  readonly state: ClientState;
  readonly counters: ClientCounters;
  /** Random numbers in [0, 1). */
  random(): number;
  /** Returns whether everything that was missed has arrived. */
  isLive(): boolean;
  /** Keeps the snapshot of a conversation. */
  keep(id: ConversationId, snapshot: Conversation): void;
  /** Called when a snapshot has replaced the view of a conversation. */
  replaced(id: ConversationId, before: ConversationView): void;
}

/**
 * Reloads state that events mark as changed without containing it: permissions, which the server
 * computes, and conversations whose events were skipped. If a reload fails, the next hello brings
 * the current state.
 */
export class Refreshes {
  readonly #deps: RefreshesDeps;
  /** Counts the requests for the user’s own account: only the response to the latest one is used. */
  #ownRequests = 0;
  /** Likewise for each conversation: permissions may change without an event in it. */
  readonly #requests = new Map<ConversationId, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: RefreshesDeps) {
    this.#deps = deps;
  }

  /** Reloads what this account may do, after its role on the server has changed. */
  serverRoleChanged(): void {
    void this.#ownAccount();
    // In the default group the permissions follow from the role on the server.
    for (const { id, isEveryone } of [...this.#deps.state.views]) {
      if (isEveryone) void this.conversation(id);
    }
  }

  /**
   * Reloads this account, after these settings of the server have changed. Several changes by others in a short time
   * share one reload.
   */
  serverChanged(
    settings: readonly string[],
    { isOwnChange }: { readonly isOwnChange: boolean },
  ): void {
    const concerned: Readonly<Record<string, boolean>> = CONCERNS_ME;
    // Unknown settings come from a newer server.
    if (!settings.some((name) => concerned[name] ?? true)) return;
    if (isOwnChange) {
      void this.#ownAccount();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // After the next hello, `ready` has the current state.
      if (this.#deps.isLive()) void this.#ownAccount();
    }, this.#deps.random() * SPREAD_MS);
  }

  /** Reloads this account, whose names or profile may have changed. */
  ownChanged(): void {
    void this.#ownAccount();
  }

  /** Cancels reloads that have not started. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#ownRequests++;
  }

  /** Reloads the snapshot of a conversation. */
  async conversation(id: ConversationId): Promise<void> {
    const { api, state, counters, keep, replaced } = this.#deps;
    const { connects } = counters;
    const request = (this.#requests.get(id) ?? 0) + 1;
    this.#requests.set(id, request);
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const snapshot = await api.conversation(id);
        if (this.#requests.get(id) !== request) return;
        const view = state.view(id);
        // Another hello has replaced all views; former members have none.
        if (!view || counters.connects !== connects) return;
        // Events that were applied meanwhile are not in an older snapshot.
        if (snapshot.lastSeq < view.lastSeq) continue;
        state.setView(viewOf(snapshot, view));
        replaced(id, view);
        keep(id, snapshot);
        return;
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  async #ownAccount(): Promise<void> {
    const { api, state, counters, random } = this.#deps;
    const { connects } = counters;
    const request = ++this.#ownRequests;
    const isCurrent = () => request === this.#ownRequests && counters.connects === connects;
    const backoff = new Backoff(random);
    for (let attempt = 1; isCurrent(); attempt++) {
      try {
        const me = await api.me();
        if (isCurrent()) state.change({ me });
        return;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (attempt === OWN_ATTEMPTS || !error.retryable) return;
        const pause = backoff.next(performance.now(), (error.retryAfter ?? 0) * 1_000);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}
