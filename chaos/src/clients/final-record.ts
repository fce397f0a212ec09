import type { ParleyClient, Store } from '@parley/client';
import { streamOfAccount, streamOfConversation, WORKSPACE_STREAM } from '@parley/protocol';
import { finalMessage } from '../history/final-message.ts';
import type { FinalMessage, RecordOf } from '../history/history.ts';
import type { RecordedClient } from './client-recorder.ts';

/** A client at the end of a run. */
export interface FinishedClient {
  readonly client: ParleyClient;
  /** Stops it gracefully. */
  readonly stop: () => Promise<void>;
  /** What it stored. */
  readonly dataStore: Pick<Store, 'open'>;
}

/** Stops a client, and returns its final state. */
export async function finalRecord(
  { client: name, account, store }: RecordedClient,
  { client, stop, dataStore }: FinishedClient,
): Promise<RecordOf<'final'>> {
  const views = [...client.snapshot.conversations.values()];
  const { threads } = client.snapshot;
  const waiting = client.snapshot.outbox.map((entry) => entry.id as string);
  const cursors: Record<string, number> = {};
  for (const [stream, seq] of client.cursors) {
    if (stream !== WORKSPACE_STREAM && stream !== streamOfAccount(account)) cursors[stream] = seq;
  }
  const shownSeqs: Record<string, number[]> = {};
  for (const { id } of views) {
    const timeline = client.timeline(id);
    const stored = timeline.snapshot.messages.filter(({ state }) => state === 'stored');
    shownSeqs[streamOfConversation(id)] = stored.map(({ seq }) => seq);
    timeline.close();
  }
  await stop();
  const saved = await dataStore.open(account);
  const windows: Record<string, { from: number; messages: FinalMessage[] }> = {};
  for (const [id, from] of saved.windows) {
    const messages = saved.messages.filter((message) => message.conversation === id);
    windows[streamOfConversation(id)] = { from, messages: messages.map(finalMessage) };
  }
  return {
    kind: 'final',
    client: name,
    account,
    store,
    cursors,
    unread: Object.fromEntries(views.map((v) => [streamOfConversation(v.id), v.unread])),
    read: Object.fromEntries(views.map((v) => [streamOfConversation(v.id), v.readSeq])),
    mentions: Object.fromEntries(views.map((v) => [streamOfConversation(v.id), v.unreadMentions])),
    ...(threads.isLoaded && {
      threads: [...threads.cursors.values()].map((c) => ({
        stream: streamOfConversation(c.conversation),
        thread: c.thread,
        readSeq: c.readSeq,
        unread: c.unread,
        mentions: c.unreadMentions,
      })),
    }),
    kept: windows,
    shown: shownSeqs,
    waiting,
  };
}
