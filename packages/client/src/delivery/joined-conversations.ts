import {
  type Conversation,
  type ConversationId,
  type Cursor,
  type EventOf,
  type Ready,
  type Seq,
  streamOfAccount,
  streamOfConversation,
} from '@parley/protocol';
import { viewOf } from '../conversations/conversations.ts';
import type { Commands } from '../outbox/commands.ts';
import type { LoadedState } from '../state/loaded-state.ts';
import type { ClientState } from '../state/state.ts';
import type { LocalStreams } from '../streams/local-streams.ts';
import { Snapshots } from '../streams/snapshots.ts';
import type { ReadState } from './read-state.ts';

/** Where {@link JoinedConversations} keeps what it knows. */
export interface JoinedConversationsDeps {
  readonly state: ClientState;
  readonly local: LocalStreams;
  readonly commands: Pick<Commands, 'entries'>;
  readonly loaded: Pick<LoadedState, 'threads'>;
}

/**
 * Keeps the conversations that the account is a member of: those of the latest `ready`, those that it joins, and no
 * longer those that it leaves.
 */
export class JoinedConversations {
  readonly #deps: JoinedConversationsDeps;
  readonly #readState: ReadState;
  readonly #snapshots: Snapshots;
  /** The head of the personal stream in the latest `ready`. */
  #personalSeq = 0;

  constructor(deps: JoinedConversationsDeps, readState: ReadState) {
    this.#deps = deps;
    this.#readState = readState;
    this.#snapshots = new Snapshots(deps.local);
  }

  /** Returns the `resend` of the hello with this cursor. */
  claim(cursor: Cursor): ConversationId[] | undefined {
    return this.#snapshots.claim(cursor);
  }

  /** Replaces all conversations with those of a `ready`. */
  begin(ready: Ready): void {
    const { state, local, commands } = this.#deps;
    const personal = streamOfAccount(local.account);
    for (const { id, lastSeq } of ready.streams) if (id === personal) this.#personalSeq = lastSeq;
    const current = new Set<ConversationId>();
    for (const { snapshot, isKnown } of this.#snapshots.complete(ready)) {
      const { id, lastSeq } = snapshot;
      current.add(id);
      state.setView(viewOf(snapshot, state.view(id)));
      if (!isKnown) local.keep(id, snapshot);
      this.#readState.applyUnanswered(id, commands.entries);
      if (!local.window(id)) {
        const cursor = local.streams.at(streamOfConversation(id)) ?? lastSeq;
        local.startWindow(id, (cursor + 1) as Seq);
      }
    }
    for (const { id } of [...state.views]) {
      if (current.has(id)) continue;
      state.dropView(id);
      local.keep(id, null);
    }
  }

  /** Adds a conversation that the account has joined, before its first event arrives. */
  opened(conversation: Conversation): void {
    const { state, local, loaded } = this.#deps;
    const stream = streamOfConversation(conversation.id);
    const cursor = local.streams.at(stream) ?? -1;
    // A frame from the leading tab may be older than the account’s leave.
    if (cursor > conversation.lastSeq) return;
    if (cursor === -1 && local.streams.hasLeft(stream, conversation.joinedSeq)) return;
    const before = state.view(conversation.id);
    state.setView(viewOf(conversation, before));
    this.#readState.replaced(conversation.id, before);
    this.keep(conversation.id, conversation);
    // The account may already follow threads there, or be mentioned in them.
    loaded.threads.missed();
    const start = (conversation.joinedSeq - 1) as Seq;
    if (cursor < start) {
      local.setCursor(stream, start);
      local.startWindow(conversation.id, conversation.joinedSeq);
    }
  }

  /**
   * Handles a membership that the personal stream announces. If it precedes `ready` and is missing there, it has
   * ended.
   */
  announced({ seq, data }: EventOf<'conversation.joined'>): void {
    const { state, local } = this.#deps;
    if (seq > this.#personalSeq || state.view(data.conversation)) return;
    local.streams.leave(streamOfConversation(data.conversation), data.seq);
  }

  /** Removes a conversation that the account has left. */
  left(id: ConversationId): void {
    const { state, local, loaded } = this.#deps;
    this.keep(id, null);
    local.dropWindow(id);
    state.dropView(id);
    loaded.threads.left(id);
  }

  /** Stores a snapshot for the next hello and the next start; null: the account left the conversation. */
  keep(id: ConversationId, snapshot: Conversation | null): void {
    this.#snapshots.set(id, snapshot);
    this.#deps.local.keep(id, snapshot);
  }
}
