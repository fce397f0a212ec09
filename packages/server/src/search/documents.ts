import type { ConversationId, Seq } from '@parley/protocol';
import { type Numbers, narrow, SparseNumbers, Times } from './numbers.ts';
import { ByteReader, ByteWriter } from './postings.ts';

/**
 * The messages of a segment; its postings refer to them by number. They are ordered by time,
 * conversation and seq.
 */

/** A message that is indexed. */
export interface Document {
  readonly conversation: ConversationId;
  readonly seq: Seq;
  /** The event that had it indexed: its post, an edit, a first reaction, a pin. */
  readonly version: Seq;
  /** When it was posted, ms. */
  readonly at: number;
}

/** Returns a number below 0 if `a` comes before `b`: by time, conversation, seq. */
export function compareDocuments(
  a: Omit<Document, 'version'>,
  b: Omit<Document, 'version'>,
): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.conversation !== b.conversation) return a.conversation < b.conversation ? -1 : 1;
  return a.seq - b.seq;
}

/**
 * The documents of a segment in memory: about 10 bytes each, plus the ids of their conversations.
 */
export class Documents {
  readonly length: number;
  readonly conversations: readonly ConversationId[];
  readonly #conversation: Numbers;
  readonly #seq: Numbers;
  readonly #times: Times;
  readonly #versions: SparseNumbers;

  private constructor(
    conversations: readonly ConversationId[],
    { conversation, seq, at, versions }: Columns,
  ) {
    this.length = seq.length;
    this.conversations = conversations;
    this.#conversation = narrow(conversation);
    this.#seq = narrow(seq);
    this.#times = new Times(at);
    this.#versions = new SparseNumbers(versions);
  }

  /** Returns the documents, which must be in order. */
  static of(all: readonly Document[]): Documents {
    const indexes = new Map<ConversationId, number>();
    const columns = columnsOf(all.length);
    for (const [i, doc] of all.entries()) {
      let index = indexes.get(doc.conversation);
      if (index === undefined) {
        index = indexes.size;
        indexes.set(doc.conversation, index);
      }
      columns.conversation[i] = index;
      columns.seq[i] = doc.seq;
      columns.at[i] = doc.at;
      columns.versions[i] = doc.version - doc.seq;
    }
    return new Documents([...indexes.keys()], columns);
  }

  /** Bytes in memory, approximately. */
  get bytes(): number {
    const columns = this.#conversation.byteLength + this.#seq.byteLength;
    return (
      columns + this.#times.bytes + this.#versions.bytes + this.conversations.length * 80 + 1_000
    );
  }

  /** The index in {@link conversations} of the conversation of a document. */
  conversationIndex(doc: number): number {
    return this.#conversation[doc] as number;
  }

  at(doc: number): number {
    return this.#times.get(doc);
  }

  get(doc: number): Document {
    const seq = this.#seq[doc] as number;
    return {
      conversation: this.conversations[this.#conversation[doc] as number] as ConversationId,
      seq: seq as Seq,
      version: (seq + this.#versions.get(doc)) as Seq,
      at: this.#times.get(doc),
    };
  }

  /** Returns the number of documents before a position. */
  countBefore(place: Omit<Document, 'version'>): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareDocuments(this.get(middle), place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Encodes the documents, with about 7 bytes each. */
  encode(): Buffer {
    const writer = new ByteWriter();
    writer.varint(this.conversations.length);
    for (const id of this.conversations) writer.bytes(Buffer.from(id.replaceAll('-', ''), 'hex'));
    writer.varint(this.length);
    const seqs = new Float64Array(this.conversations.length);
    let before = 0;
    for (let i = 0; i < this.length; i++) {
      const index = this.#conversation[i] as number;
      const seq = this.#seq[i] as number;
      const at = this.#times.get(i);
      writer.varint(index);
      writer.varint(zigzag(seq - (seqs[index] as number)));
      writer.varint(this.#versions.get(i));
      writer.varint(at - before);
      seqs[index] = seq;
      before = at;
    }
    return writer.result();
  }

  /** Decodes the bytes of {@link encode}. */
  static decode(bytes: Uint8Array): Documents {
    const reader = new ByteReader(bytes);
    const conversations = Array.from({ length: reader.varint() }, () => uuid(reader.bytes(16)));
    const length = reader.varint();
    const { conversation, seq, at: times, versions } = columnsOf(length);
    const seqs = new Float64Array(conversations.length);
    let at = 0;
    for (let i = 0; i < length; i++) {
      const index = reader.varint();
      const own = (seqs[index] as number) + unzigzag(reader.varint());
      seqs[index] = own;
      versions[i] = reader.varint();
      at += reader.varint();
      conversation[i] = index;
      seq[i] = own;
      times[i] = at;
    }
    return new Documents(conversations, { conversation, seq, at: times, versions });
  }
}

/** The columns of documents while they are read. */
interface Columns {
  readonly conversation: Float64Array;
  readonly seq: Float64Array;
  readonly at: Float64Array;
  /** The difference between the version of a document and its seq. */
  readonly versions: Float64Array;
}

const columnsOf = (length: number): Columns => ({
  conversation: new Float64Array(length),
  seq: new Float64Array(length),
  at: new Float64Array(length),
  versions: new Float64Array(length),
});

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const unzigzag = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2);

function uuid(bytes: Uint8Array): ConversationId {
  const hex = Buffer.from(bytes).toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return `${parts.join('-')}-${hex.slice(20)}` as ConversationId;
}
