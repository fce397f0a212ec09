import {
  type ClientId,
  type ConversationId,
  type ReadCursor,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import type { ParleyApi } from '../api/api.ts';
import { ApiError } from '../api/api-error.ts';
import { type ConversationView, readHere, withCursor } from '../conversations/conversations.ts';
import type { LoadedState } from '../state/loaded-state.ts';
import type { ClientState } from '../state/state.ts';
import type { OutboxEntry } from '../storage/store.ts';
import type { LocalStreams } from '../streams/local-streams.ts';

/** Consecutive fetches; anything still missing is fetched after the next ping. */
const ATTEMPTS = 3;

/** Where the read cursors are kept. */
export interface ReadStateDeps {
  readonly api: ParleyApi;
  readonly state: ClientState;
  readonly local: LocalStreams;
  readonly loaded: Pick<LoadedState, 'drafts' | 'threads' | 'activity'>;
}

/**
 * Keeps the account’s read cursors up to date. They are versioned state, not a log: a gap in the
 * versions means that a change was lost, and all cursors are fetched.
 */
export class ReadState {
  readonly #deps: ReadStateDeps;
  /** All changes up to this version are known. */
  #version = 0;
  /** The highest version that was received; greater than the other one while changes are missing. */
  #highestVersion = 0;
  #fetching = false;
  /** Whether the drafts could not be loaded. */
  #draftsMissed = false;
  /** Moves of cursors that were applied before the server acknowledged them. */
  readonly #assumed = new Set<string>();
  /** The latest report of each cursor on this socket, also of conversations that are not open here yet. */
  readonly #reported = new Map<ConversationId, ReadCursor>();
  /** Counts the `ready` frames: an answer to a request from before the latest one is ignored. */
  #readyCount = 0;

  constructor(deps: ReadStateDeps) {
    this.#deps = deps;
  }

  /** Starts with a new socket: the conversations in its `ready` contain this version. */
  begin(version: number): void {
    this.#version = version;
    this.#highestVersion = version;
    this.#draftsMissed = false;
    this.#assumed.clear();
    this.#reported.clear();
    this.#readyCount++;
  }

  /** Handles the version that the server reports. */
  reported(version: number): void {
    this.#highestVersion = Math.max(this.#highestVersion, version);
    if (version > this.#version) void this.#fetch();
    else if (this.#draftsMissed) this.refreshDrafts(version);
  }

  /** Applies a cursor that was moved, here or on another device. */
  moved(version: number, cursor: ReadCursor): void {
    // Late or duplicated: already known, or from before the account left and rejoined.
    if (version <= this.#version) return;
    this.advanced(version);
    const view = this.#deps.state.view(cursor.conversation);
    // From before this device marked the conversation as unread, which the server does not know
    // yet.
    if (view && cursor.revision < view.readRevision && this.#assumed.size > 0) return;
    this.#set(cursor);
  }

  /** Handles a change with this version, of a cursor or of a draft. */
  advanced(version: number): void {
    this.#highestVersion = Math.max(this.#highestVersion, version);
    this.#deps.loaded.drafts.arrived(version);
    if (version > this.#version + 1) void this.#fetch();
    else if (version > this.#version) this.#version = version;
  }

  /** Reloads the drafts, if they are in use and not known up to this version. */
  refreshDrafts(version: number): void {
    this.#draftsMissed = false;
    // The drafts share these versions.
    const { drafts, threads } = this.#deps.loaded;
    Promise.all([drafts.reload(version), threads.reload()]).catch((error: unknown) => {
      // The next ping tries again, as the versions no longer show that something is missing.
      this.#draftsMissed = true;
      if (!(error instanceof ApiError)) throw error;
    });
  }

  /** Notes that this command marks a conversation as unread: its answer shows whether it is. */
  assume(id: ClientId): void {
    this.#assumed.add(id);
  }

  /** Handles a read that the server has ignored: the conversation was marked as unread since. */
  ignored(): void {
    void this.#fetch();
  }

  /**
   * Handles a snapshot that has replaced the view of a conversation, `before`. The server may have created it before a
   * move that was already reported.
   */
  replaced(id: ConversationId, before: ConversationView | undefined): void {
    const view = this.#deps.state.view(id);
    const reported = this.#reported.get(id);
    if (!view) return;
    const isBehind =
      (before && isLater(before.readRevision, before.readSeq, view)) ||
      (reported && isLater(reported.revision, reported.readSeq, view));
    if (isBehind) void this.#fetch();
  }

  /** Applies the read marks that are not acknowledged yet; the server’s cursor follows. */
  applyUnanswered(id: ConversationId, unanswered: readonly OutboxEntry[]): void {
    const { state } = this.#deps;
    for (const { id: mark, command } of unanswered) {
      if (command.op !== 'read' || command.conversation !== id || command.unread) continue;
      const view = state.view(id);
      // Without the window: it does not contain yet what the snapshot counts.
      if (!view || command.seq <= view.readSeq) continue;
      // Marked as unread since: the server will ignore it.
      if ((command.revision ?? view.readRevision) !== view.readRevision) continue;
      state.setView(readHere(view, command.seq, state.meId, undefined));
      this.#assumed.add(mark);
    }
  }

  /**
   * Handles the final answer to a command. After the last assumed mark the cursors are fetched: it may
   * have been executed long ago, and the cursor moved back on another device since.
   */
  answered(id: string): void {
    if (this.#assumed.delete(id) && this.#assumed.size === 0) void this.#fetch();
  }

  async #fetch(): Promise<void> {
    if (this.#fetching) return;
    this.#fetching = true;
    try {
      let isCurrent = false;
      for (let attempt = 0; !isCurrent && attempt < ATTEMPTS; attempt++) {
        const readyCount = this.#readyCount;
        const { readVersion, items } = await this.#deps.api.cursors();
        // Cursors that moved while the answer was in flight may be newer than it.
        isCurrent = readVersion >= this.#highestVersion && readyCount === this.#readyCount;
        // An older answer would undo them; after a restore of the database, versions start over.
        if (readVersion < this.#version || readyCount !== this.#readyCount) continue;
        this.#version = readVersion;
        for (const cursor of items) this.#set(cursor);
        this.refreshDrafts(readVersion);
        this.#deps.loaded.activity.missed();
      }
      // The next ping fetches them again.
      if (!isCurrent) this.#version = Math.min(this.#version, this.#highestVersion - 1);
    } catch (error) {
      // The next ping shows the gap again.
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this.#fetching = false;
    }
  }

  #set(cursor: ReadCursor): void {
    const { state, local } = this.#deps;
    this.#reported.set(cursor.conversation, cursor);
    const view = state.view(cursor.conversation);
    const window = local.window(cursor.conversation);
    if (!view) return;
    const applied = local.streams.at(streamOfConversation(view.id)) ?? view.lastSeq;
    state.setView(withCursor(view, cursor, state.meId, window, applied));
  }
}

/** Returns whether a cursor is later than that of the view: each mark as unread raises the revision. */
const isLater = (revision: number, readSeq: Seq, view: ConversationView): boolean =>
  revision > view.readRevision || (revision === view.readRevision && readSeq > view.readSeq);
