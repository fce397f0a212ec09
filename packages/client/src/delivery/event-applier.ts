import {
  conversationOfStream,
  type Event,
  isTimelineEvent,
  type Seq,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { changesPermissions, reduce } from '../conversations/conversations.ts';
import type { Typing } from '../conversations/typing.ts';
import type { ClientCounters } from '../state/client-types.ts';
import type { LoadedState } from '../state/loaded-state.ts';
import type { Persistence } from '../storage/persistence.ts';
import type { LocalStreams } from '../streams/local-streams.ts';
import { membershipChange } from '../streams/membership.ts';
import type { Gaps } from './gaps.ts';
import type { JoinedConversations } from './joined-conversations.ts';
import type { OpenTimelines } from './open-timelines.ts';
import type { Refreshes } from './refreshes.ts';
import { isWellFormed } from './well-formed.ts';
import { applyWorkspaceEvent, type WorkspaceContext } from './workspace-events.ts';

/** The state that events change. */
interface EventApplierDeps extends WorkspaceContext {
  readonly local: LocalStreams;
  readonly persistence: Persistence;
  readonly typing: Typing;
  readonly loaded: LoadedState;
  readonly timelines: OpenTimelines;
  readonly counters: ClientCounters;
}

/** What events cause besides: requests for missing events, ends of memberships, reloads. */
interface Consequences {
  readonly gaps: Gaps;
  readonly conversations: JoinedConversations;
  readonly refreshes: Refreshes;
}

/**
 * Applies the events of all streams.
 *
 * 1. An event is applied if it is the next one of its stream, and never otherwise.
 * 2. The changes of an event and its cursor are stored together.
 * 3. A gap is requested, at most once at a time.
 */
export class EventApplier {
  readonly #deps: EventApplierDeps;
  readonly #consequences: Consequences;

  constructor(deps: EventApplierDeps, consequences: Consequences) {
    this.#deps = deps;
    this.#consequences = consequences;
  }

  /** Applies an event if it is the next one of its stream. */
  apply(event: Event): void {
    const { local, persistence, counters, events, loaded } = this.#deps;
    const { gaps, conversations } = this.#consequences;
    const { stream, seq } = event;
    const wellFormed = isWellFormed(event);
    const before = local.streams.at(stream);
    if (wellFormed && event.type === 'conversation.joined') conversations.announced(event);
    switch (wellFormed ? local.streams.take(event) : local.streams.skip(stream, seq)) {
      case 'known':
        counters.duplicates++;
        return;
      case 'gap':
        gaps.fill(stream, seq);
        return;
      case 'foreign':
        return;
    }
    persistence.cursor(stream, seq);
    if (!wellFormed) {
      events.emit('skipped', { stream, seq, type: event.type });
      return;
    }
    if (stream === WORKSPACE_STREAM) this.#applyToWorkspace(event);
    else if (local.isOwn(stream)) this.#applyToAccount(event);
    else this.#applyToConversation(event, before);
    loaded.applied(event);
    events.emit('event', event);
  }

  #applyToWorkspace(event: Event): void {
    const { state } = this.#deps;
    const { refreshes } = this.#consequences;
    applyWorkspaceEvent(event, this.#deps);
    if (event.type === 'user.role_changed' && event.data.account === state.meId) {
      refreshes.serverRoleChanged();
    }
    // The event does not contain what only the user sees, such as the email address.
    if (event.type === 'user.updated' && event.data.account === state.meId) refreshes.ownChanged();
    if (event.type === 'server.updated') {
      const isOwnChange = event.actor === state.meId;
      refreshes.serverChanged(Object.keys(event.data), { isOwnChange });
    }
  }

  #applyToAccount(event: Event): void {
    if (event.type !== 'conversation.left') return;
    const { conversation, seq } = event.data;
    this.#consequences.gaps.announceEnd(streamOfConversation(conversation), seq);
  }

  /** Applies an event of a conversation; `before` is the cursor before it. */
  #applyToConversation(event: Event, before: Seq | undefined): void {
    const { state, local, persistence, typing, timelines } = this.#deps;
    const { conversations, refreshes } = this.#consequences;
    const id = conversationOfStream(event.stream);
    const me = state.meId;
    let window = local.window(id);
    const membership = membershipChange(event, me);
    // A window that reaches the join continues: it may already contain pages.
    if (membership === 'starts' && (!window || before !== event.seq - 1)) {
      window = local.startWindow(id, event.seq);
    }
    const from = window?.from;
    for (const message of window?.apply(event) ?? []) persistence.message(message);
    if (window && isTimelineEvent(event)) persistence.timelineEvents([event]);
    // Expired messages are removed from the store too.
    if (window && window.from !== from) persistence.restartWindow(id, window.from);
    const view = state.view(id);
    if (view && window) {
      const next = reduce(view, event, me, window);
      state.setView(next);
      // The message before the deleted one is not loaded.
      const lacksLast = view.lastMessage && !next.lastMessage && window.hasOlder;
      if (lacksLast || changesPermissions(view, event, me)) void refreshes.conversation(id);
      if (event.type === 'message.posted') typing.stopped(id, event.actor);
    }
    if (membership === 'ends') {
      // The view may already belong to a later membership period, if the account left and rejoined while offline.
      if (view && view.joinedSeq > event.seq) local.dropWindow(id);
      else conversations.left(id);
    }
    if (!timelines.has(id)) local.trim(id);
    timelines.applied(id, event);
  }
}
