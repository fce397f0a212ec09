import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type { Op } from './history.ts';
import type { RecordSink } from './recorder.ts';

/** Records the commands of one client and their answers. */
export class CommandRecorder {
  readonly #recorder: RecordSink;
  readonly #name: string;
  readonly #account: AccountId;
  #stores = 1;

  /** `name` is that of the client. */
  constructor(recorder: RecordSink, name: string, account: AccountId) {
    this.#recorder = recorder;
    this.#name = name;
    this.#account = account;
  }

  /**
   * Records that the client has a new store: unanswered commands from before have no order relative to the rest.
   */
  storeDropped(): void {
    this.#stores++;
  }

  /** Records a command that the client issues over its own connection. */
  invoked(id: string, op: Op, conversation: ConversationId, rest: CommandDetails): void {
    const sender = this.#stores === 1 ? this.#name : `${this.#name}~${this.#stores}`;
    this.#invoked(sender, id, op, conversation, rest);
  }

  /**
   * Records a request that bypasses the connection: a separate sender, because requests are not ordered.
   */
  requested(id: string, op: Op, conversation: ConversationId, rest: CommandDetails): void {
    this.#invoked(this.#requester(id), id, op, conversation, rest);
  }

  /** Records a second command with the id of a request, and another text: one of them must be rejected. */
  rival(id: string, conversation: ConversationId, text: string): void {
    const client = this.#requester(id);
    const account = this.#account;
    const t = this.#recorder.now;
    this.#recorder.add({ kind: 'rival', client, account, id, conversation, text, t });
  }

  /** `text` is the text that the command would have stored, if another command may have its id. */
  acked(id: string, stream: string, seq: number, text?: string): void {
    const t = this.#recorder.now;
    const answered = { kind: 'ack', client: this.#name, id, stream, seq, t } as const;
    this.#recorder.add(text === undefined ? answered : { ...answered, text });
  }

  /** Records that the account has read a thread up to a seq. */
  threadRead(stream: string, thread: number, readSeq: number): void {
    const t = this.#recorder.now;
    const account = this.#account;
    this.#recorder.add({ kind: 'thread-read', account, stream, thread, readSeq, t });
  }

  nacked(id: string, code: string): void {
    this.#recorder.add({ kind: 'nack', client: this.#name, id, code, t: this.#recorder.now });
  }

  #requester(id: string): string {
    return `${this.#name}!${id}`;
  }

  #invoked(
    client: string,
    id: string,
    op: Op,
    conversation: ConversationId,
    rest: CommandDetails,
  ): void {
    const account = this.#account;
    const t = this.#recorder.now;
    this.#recorder.add({ kind: 'invoke', client, account, id, op, conversation, ...rest, t });
  }
}

/** The details of a command. */
export interface CommandDetails {
  readonly message?: Seq;
  /** The root of the thread in which it is a reply. */
  readonly thread?: Seq;
  readonly text?: string;
  readonly whom?: string;
}
