import type { ParleyApi } from '@parley/client';
import {
  type AccountId,
  type ConversationId,
  type Event,
  type Message,
  type Seq,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
} from '@parley/protocol';
import { finalMessage } from './final-message.ts';
import type { FinalMessage, RecordOf, ThreadChoice } from './history.ts';

/** The reads over REST at the end of a run. */

/** Returns the log of a conversation and its messages, as the account of `api` reads them. */
export async function logRecords(
  api: ParleyApi,
  id: ConversationId,
): Promise<[RecordOf<'log'>, RecordOf<'messages'>]> {
  const stream = streamOfConversation(id);
  const { joinedSeq } = await api.conversation(id);
  const events = await readEvents(api, stream, (joinedSeq - 1) as Seq);
  const messages = await readMessages(api, id, events);
  return [
    { kind: 'log', stream, first: joinedSeq, events },
    { kind: 'messages', stream, messages },
  ];
}

/** Returns which threads an account has chosen to follow. */
export async function followsRecord(
  api: ParleyApi,
  account: AccountId,
): Promise<RecordOf<'follows'>> {
  const events = await readEvents(api, streamOfAccount(account), 0 as Seq);
  return { kind: 'follows', account, choices: choicesIn(events) };
}

/** Returns the events of a stream after a seq. */
async function readEvents(api: ParleyApi, stream: StreamId, from: Seq): Promise<Event[]> {
  const events: Event[] = [];
  for (let after = from; ; ) {
    const page = await api.events(stream, { after, limit: 500 });
    events.push(...page.items);
    const last = page.items[page.items.length - 1];
    if (!last || last.seq >= page.lastSeq) return events;
    after = last.seq;
  }
}

/** Returns the messages of a conversation, including those in its threads, ordered by seq. */
async function readMessages(
  api: ParleyApi,
  id: ConversationId,
  log: readonly Event[],
): Promise<FinalMessage[]> {
  const messages = new Map<Seq, Message>();
  for (const read of [
    (after: Seq) => api.history(id, { after, limit: 200 }),
    ...rootsIn(log).map((root) => (after: Seq) => api.thread(id, root, { after, limit: 200 })),
  ]) {
    for (let after = 0 as Seq; ; ) {
      const page = await read(after);
      for (const message of page.items) messages.set(message.seq, message);
      const last = page.items[page.items.length - 1];
      if (!last || !page.hasNewer) break;
      after = last.seq;
    }
  }
  return [...messages.values()].sort((a, b) => a.seq - b.seq).map(finalMessage);
}

/**
 * Returns the messages of a log that have replies (including deleted ones) and are not replies
 * themselves.
 */
export function rootsIn(log: readonly Event[]): Seq[] {
  const outside = new Set<Seq>();
  const roots = new Set<Seq>();
  for (const { type, seq, data } of log) {
    if (type !== 'message.posted') continue;
    if (data.thread === undefined) outside.add(seq);
    else if (outside.has(data.thread)) roots.add(data.thread);
  }
  return [...roots];
}

/**
 * Returns the threads that the events of a personal stream follow and unfollow; the last choice
 * counts.
 */
export const choicesIn = (events: readonly Event[]): ThreadChoice[] =>
  events.flatMap(({ type, data }) =>
    type === 'thread.followed' || type === 'thread.unfollowed'
      ? {
          stream: streamOfConversation(data.conversation),
          thread: data.message,
          isFollowing: type === 'thread.followed',
        }
      : [],
  );
