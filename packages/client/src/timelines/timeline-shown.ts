import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type DurableCommand,
  type Message,
  newMessage,
  type Seq,
} from '@parley/protocol';
import { isInConversation } from '../messages/message-changes.ts';
import type { MessageWindow } from '../messages/message-window.ts';
import type { OutboxEntry } from '../storage/store.ts';
import type { TimelineMessage, TimelineSource } from './timeline-types.ts';
import { changesIn, withChanges } from './unsent-changes.ts';

/** Builds the displayed messages; returns the same object while nothing in it changes. */
export class ShownMessages {
  readonly #conversation: ConversationId;
  readonly #source: TimelineSource;
  readonly #cache = new WeakMap<Message, Shown>();
  /** The commands of messages that were displayed before they were stored. */
  readonly #sent = new Set<ClientId>();
  /** The outbox that the changes are from. */
  #outbox: readonly OutboxEntry[] = [];
  #changes: ReadonlyMap<Seq, readonly DurableCommand[]> = new Map();

  constructor(conversation: ConversationId, source: TimelineSource) {
    this.#conversation = conversation;
    this.#source = source;
  }

  /** Returns a stored message as it is shown. */
  displayStored(message: Message): TimelineMessage {
    const own = message.author === this.#source.me();
    const receipts = own ? this.#source.view()?.receipts : undefined;
    const cached = this.#cache.get(message);
    const changes = this.#changesOf(message.seq);
    // No one has read further since, so lists of thousands need no recount.
    if (cached?.own === own && cached.receipts === receipts && cached.changes === changes) {
      return cached.shown;
    }
    const seenBy = receipts ? seenByIn(receipts, message) : NOBODY;
    const client = own ? this.#sentBy(message.seq) : undefined;
    const isSame = cached?.changes === changes && sameList(cached.shown.seenBy, seenBy);
    const displayed = isSame
      ? cached.shown
      : withChanges(
          { ...message, state: 'stored', ...(client && { client }), seenBy },
          changes,
          this.#source.me(),
        );
    this.#cache.set(message, { shown: displayed, own, receipts, changes });
    return displayed;
  }

  #sentBy(seq: Seq): ClientId | undefined {
    const client = this.#source.window()?.clientOf(seq);
    return client && this.#sent.has(client) ? client : undefined;
  }

  /** Returns the user’s changes of a message that are not acknowledged; the same array while they are the same. */
  #changesOf(seq: Seq): readonly DurableCommand[] {
    const outbox = this.#source.outbox();
    if (outbox !== this.#outbox) {
      this.#outbox = outbox;
      this.#changes = changesIn(outbox, this.#conversation, this.#changes);
    }
    return this.#changes.get(seq) ?? NO_CHANGES;
  }

  /** Returns the user’s own messages that are not stored yet, in the order of their creation. */
  pending(window: MessageWindow | undefined): TimelineMessage[] {
    const me = this.#source.me();
    const pending: TimelineMessage[] = [];
    if (me === null) return pending;
    for (const entry of this.#source.outbox()) {
      const { command } = entry;
      if (command.op !== 'post' || command.conversation !== this.#conversation) continue;
      const { thread, alsoInConversation } = command;
      const isHere =
        this.#source.thread === undefined
          ? isInConversation(command)
          : thread === this.#source.thread;
      if (!isHere || window?.hasClient(entry.id)) continue;
      this.#sent.add(entry.id);
      pending.push({
        ...newMessage({
          conversation: this.#conversation,
          // After all stored messages.
          seq: Number.MAX_SAFE_INTEGER as Seq,
          author: me,
          body: command.body,
          postedAt: new Date(entry.createdAt).toISOString(),
          replyTo: command.replyTo,
          thread,
          alsoInConversation,
        }),
        state: entry.state,
        client: entry.id,
        ...(entry.failure && { failure: entry.failure }),
        ...(command.attachments && { fileIds: command.attachments }),
        seenBy: NOBODY,
      });
    }
    return pending;
  }
}

const NOBODY: readonly AccountId[] = [];
const NO_CHANGES: readonly DurableCommand[] = [];

/** A message as last displayed, and its inputs. */
interface Shown {
  readonly shown: TimelineMessage;
  readonly own: boolean;
  readonly receipts: ReadonlyMap<AccountId, Seq> | undefined;
  readonly changes: readonly DurableCommand[];
}

function seenByIn(receipts: ReadonlyMap<AccountId, Seq>, message: Message): readonly AccountId[] {
  const readers: AccountId[] = [];
  for (const [account, readSeq] of receipts) {
    if (account !== message.author && readSeq >= message.seq) readers.push(account);
  }
  return readers;
}

function sameList(a: readonly AccountId[], b: readonly AccountId[]): boolean {
  return a.length === b.length && a.every((account, i) => account === b[i]);
}
