import type { ParleyApi } from '@parley/client';
import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type { Received } from './follower.ts';

/** What was posted, file by file, in the order of the file, with the seq of its ack. */
export interface Posted {
  readonly file: string;
  readonly line: number;
  readonly author: AccountId;
  readonly body: string;
  readonly seq: number;
}

/** Reads all messages of a conversation in pages over REST. */
export async function readHistory(
  api: ParleyApi,
  conversation: ConversationId,
): Promise<Received[]> {
  const history: Received[] = [];
  for (let after = 0 as Seq; ; ) {
    const page = await api.history(conversation, { after, limit: 200 });
    for (const m of page.items) history.push({ seq: m.seq, author: m.author, body: m.body });
    const last = page.items[page.items.length - 1];
    if (!last || !page.hasNewer) return history;
    after = last.seq;
  }
}

/**
 * Compares the history with what was posted: every line once, with the same text and speaker, each
 * file in order. Returns the first difference, or null.
 */
export function compareHistory(
  history: readonly Received[],
  files: ReadonlyMap<string, readonly Posted[]>,
): string | null {
  const bySeq = new Map(history.map((m) => [m.seq as number, m]));
  if (bySeq.size !== history.length) return 'the history has a seq twice';
  let lines = 0;
  for (const [file, posted] of files) {
    let before = 0;
    for (const line of posted) {
      lines++;
      const where = `${file}, message ${line.line}`;
      const found = bySeq.get(line.seq);
      if (!found) return `${where}: acknowledged as ${line.seq}, not in the history`;
      if (found.body !== line.body) return `${where}: another text at ${line.seq}`;
      if (found.author !== line.author) return `${where}: another speaker at ${line.seq}`;
      if (line.seq <= before) return `${where}: ${line.seq} stands before ${before}`;
      before = line.seq;
    }
  }
  return lines === history.length
    ? null
    : `${lines} lines were posted, ${history.length} are there`;
}

/** Compares what a follower received with the history, which must be equal and in the same order. */
export function compareReceived(
  name: string,
  received: readonly Received[],
  history: readonly Received[],
): string | null {
  for (let i = 0; i < Math.max(received.length, history.length); i++) {
    const [got, wanted] = [received[i], history[i]];
    if (!got) return `${name}: ${wanted?.seq} did not come`;
    if (!wanted) return `${name}: ${got.seq} came and is not in the history`;
    if (got.seq !== wanted.seq) return `${name}: ${got.seq} came where ${wanted.seq} should have`;
    if (got.body !== wanted.body || got.author !== wanted.author) {
      return `${name}: ${got.seq} came with another text or speaker`;
    }
  }
  return null;
}
