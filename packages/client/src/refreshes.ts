import type { Conversation, ConversationId } from '@parley/protocol';
import type { ParleyApi } from './api.ts';
import { ApiError } from './api-error.ts';
import type { ClientCounters } from './client-types.ts';
import { viewOf } from './conversations.ts';
import type { ClientState } from './state.ts';

/** Attempts to reload a conversation whose events overtake the responses. */
const ATTEMPTS = 5;

/** What {@link Refreshes} needs. */
export interface RefreshesDeps {
  readonly api: ParleyApi;
  readonly state: ClientState;
  readonly counters: ClientCounters;
  /** Keeps the snapshot of a conversation. */
  keep(id: ConversationId, snapshot: Conversation): void;
}

/**
 * Reloads what events say has changed without saying how: permissions, which the server computes, and
 * conversations whose events were skipped. If a reload fails, the next hello brings the current state.
 */
export class Refreshes {
  readonly #deps: RefreshesDeps;
  /** Counts the requests for the own account: only the response to the latest one is used. */
  #ownRequests = 0;
  /** Likewise for each conversation: permissions may change without an event in it. */
  readonly #requests = new Map<ConversationId, number>();

  constructor(deps: RefreshesDeps) {
    this.#deps = deps;
  }

  /** The role of this account on the server has changed, and with it what it may do. */
  serverRoleChanged(): void {
    void this.#ownAccount();
    // In the group of everyone the permissions follow from the role on the server.
    for (const { id, isEveryone } of [...this.#deps.state.views]) {
      if (isEveryone) void this.conversation(id);
    }
  }

  /** The settings of the server have changed, and with them what this account may do. */
  serverChanged(): void {
    void this.#ownAccount();
  }

  /** Reloads the snapshot of a conversation. */
  async conversation(id: ConversationId): Promise<void> {
    const { api, state, counters, keep } = this.#deps;
    const { connects } = counters;
    const request = (this.#requests.get(id) ?? 0) + 1;
    this.#requests.set(id, request);
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const snapshot = await api.conversation(id);
        if (this.#requests.get(id) !== request) return;
        const view = state.view(id);
        // Another hello has replaced all views; a former member has none.
        if (!view || counters.connects !== connects) return;
        // Events that were applied meanwhile are not in an older snapshot.
        if (snapshot.lastSeq < view.lastSeq) continue;
        state.setView(viewOf(snapshot, view));
        keep(id, snapshot);
        return;
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  async #ownAccount(): Promise<void> {
    const { api, state, counters } = this.#deps;
    const { connects } = counters;
    const request = ++this.#ownRequests;
    try {
      const me = await api.me();
      if (request === this.#ownRequests && counters.connects === connects) state.change({ me });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }
}
