import { setTimeout as pause } from 'node:timers/promises';
import type { ParleyApi } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import type { HistoryRecord } from './history.ts';

/** After its release a legal hold is purged within this time, ms. */
const PURGED_MS = 20_000;
/** The interval at which this is checked, ms. */
const CHECK_MS = 200;

/** A legal hold over some conversations, from before the first message to the end of a run. */
export class Hold {
  readonly #owner: ParleyApi;
  readonly #id: string;

  private constructor(owner: ParleyApi, id: string) {
    this.#owner = owner;
    this.#id = id;
  }

  /** Places a hold, as an owner of the server. */
  static async place(owner: ParleyApi, conversations: readonly ConversationId[]): Promise<Hold> {
    const body = { name: 'Chaos run', conversations: [...conversations] };
    return new Hold(owner, (await owner.legalHolds.place(body)).id);
  }

  /** Exports what it has kept, releases it, and returns the records of both. */
  async finish(): Promise<HistoryRecord[]> {
    const { legalHolds } = this.#owner;
    const texts = heldTextsIn(await legalHolds.exportMessages(this.#id));
    const { conversations } = await legalHolds.get(this.#id);
    await legalHolds.release(this.#id);
    const isOver = performance.now() + PURGED_MS;
    for (;;) {
      const { purgedAt, heldVersions } = await legalHolds.get(this.#id);
      if (purgedAt === null && performance.now() < isOver) {
        await pause(CHECK_MS);
        continue;
      }
      const streams = conversations.map(({ id }) => id as string);
      return [
        { kind: 'held', streams, texts },
        { kind: 'purged', isPurged: purgedAt !== null, versions: heldVersions },
      ];
    }
  }
}

/** Returns the texts in the export of a legal hold, by stream and seq. */
export function heldTextsIn(exported: string): Record<string, Record<number, string>> {
  const texts: Record<string, Record<number, string>> = {};
  for (const line of exported.trimEnd().split('\n')) {
    const { type, conversation, seq, data } = JSON.parse(line) as ExportedLine;
    if (type !== 'message.posted' && type !== 'message.edited') continue;
    const ofStream = texts[conversation] ?? {};
    texts[conversation] = ofStream;
    ofStream[seq] = data.body;
  }
  return texts;
}

/** A line of the export; those of events of messages have all of this. */
interface ExportedLine {
  readonly type: string;
  readonly conversation: string;
  readonly seq: number;
  readonly data: { readonly body: string };
}
