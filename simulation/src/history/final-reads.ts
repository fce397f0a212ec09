import { finalMessage } from '@parley/chaos/history/final-message';
import { choicesIn, rootsIn } from '@parley/chaos/history/final-reads';
import {
  type AccountId,
  type ConversationId,
  type Seq,
  streamOfAccount,
  streamOfConversation,
  type UserGroupId,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { RunDatabase } from '../database/run-database.ts';
import type { EventLoop } from '../event-loop/event-loop.ts';
import type { SimulatedNode } from '../node/node.ts';
import type { NodeSlot } from '../node/slot.ts';
import type { History } from './history.ts';
import { holdRecord } from './hold-record.ts';

/** The roots of the threads of each conversation. */
export type Roots = ReadonlyMap<ConversationId, readonly Seq[]>;

interface FinalReadsDeps {
  /** The node that answers. */
  readonly slot: NodeSlot;
  readonly loop: EventLoop;
  readonly database: RunDatabase;
  /** Receives the records. */
  readonly history: History;
  readonly accounts: readonly AccountId[];
  readonly conversations: readonly ConversationId[];
  readonly userGroup: UserGroupId | null;
  /** Whether the legal hold must be released. */
  readonly mustBeReleased: boolean;
  readonly pause: () => Promise<void>;
}

/** Records what is stored at the end of a run, for the checker. */
export class FinalReads {
  readonly #deps: FinalReadsDeps;

  constructor(deps: FinalReadsDeps) {
    this.#deps = deps;
  }

  /** Records the logs of the streams; returns the roots of their threads. */
  logs(): Roots {
    const { database, history, accounts, conversations, userGroup } = this.#deps;
    for (const account of accounts) {
      const choices = choicesIn(database.eventsOf(streamOfAccount(account)));
      history.add({ kind: 'follows', account, choices });
    }
    if (userGroup) {
      const versions = database
        .eventsOf(WORKSPACE_STREAM)
        .flatMap(({ type, data }) =>
          type === 'user_group.changed' ? { id: data.userGroup, members: data.members } : [],
        );
      history.add({ kind: 'user-groups', versions });
    }
    const roots = new Map<ConversationId, readonly Seq[]>();
    for (const id of conversations) {
      const stream = streamOfConversation(id);
      const events = database.eventsOf(stream);
      roots.set(id, rootsIn(events));
      // The creator sees the log from its own joining on, which follows the creation.
      history.add({ kind: 'log', stream, first: 2, events: events.filter((e) => e.seq > 1) });
    }
    return roots;
  }

  /** Records the messages as the first account reads them, which is a member of all groups. */
  async messages(roots: Roots): Promise<void> {
    const { slot, loop, history, accounts, conversations } = this.#deps;
    const [reader] = accounts as [AccountId];
    for (const id of conversations) {
      const stream = streamOfConversation(id);
      const messages = await loop.within(slot.process, () =>
        slot.node?.messagesOf(reader, id, roots.get(id) ?? []),
      );
      history.add({ kind: 'messages', stream, messages: (messages ?? []).map(finalMessage) });
    }
  }

  /** Records what the legal hold has, or what is left of it. */
  async hold(): Promise<void> {
    const { slot, loop, history, conversations, mustBeReleased, pause } = this.#deps;
    const record = await holdRecord({
      node: slot.node as SimulatedNode,
      conversations,
      mustBeReleased,
      within: (work) => loop.within(slot.process, work),
      now: () => loop.now,
      pause,
    });
    history.add(record);
  }
}
