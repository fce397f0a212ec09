import type { ParleyClient, SocketHandlers } from '@parley/client';
import { expandReady, type Ready } from '@parley/protocol';
import type { RecordSink } from './recorder.ts';

/**
 * Wraps the handlers of a socket, and records a `live` that arrives before the client has all events up to
 * the heads in `ready`. The client must be one that opened the socket by itself.
 */
export function recordLive(
  handlers: SocketHandlers,
  client: () => ParleyClient | null,
  who: string,
  sink: RecordSink,
): SocketHandlers {
  let heads: Ready['streams'] = [];
  const message = (text: string) => {
    if (text.startsWith('{"op":"ready"')) heads = expandReady(JSON.parse(text) as Ready).streams;
    // A snapshot of the client costs more than most frames.
    const before = text.startsWith('{"op":"live"') ? client()?.snapshot.state : null;
    handlers.message(text);
    // A client that has left this socket ignores what it still receives there.
    if (before !== 'catching-up' || client()?.snapshot.state !== 'live') return;
    const cursors = client()?.cursors;
    const missing = heads.flatMap(({ id, lastSeq }) => {
      const cursor = cursors?.get(id);
      return cursor !== undefined && cursor < lastSeq
        ? [`${id} is at ${cursor} of ${lastSeq}`]
        : [];
    });
    if (missing.length > 0) sink.add({ kind: 'early-live', client: who, missing, t: sink.now });
  };
  return { ...handlers, message };
}
