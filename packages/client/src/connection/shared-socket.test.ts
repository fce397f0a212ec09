import { expect, test, vi } from 'vitest';
import { SharedSocket } from './shared-socket.ts';
import type { SocketHandlers } from './socket.ts';

/** A tab that is about to follow the leader, with a command on its own socket and one that waits. */
function aDrainingTab() {
  let server: SocketHandlers | undefined;
  const own: string[] = [];
  const toLeader: string[] = [];
  const socket = new SharedSocket(
    'tab 1',
    'ws://parley',
    { open: () => undefined, message: () => undefined, close: () => undefined },
    {
      socket: (_url, handlers) => {
        server = handlers;
        return { send: (text) => own.push(text), close: () => undefined };
      },
      tab: 'tab',
      channel: {
        post: (message) => message.kind === 'send' && toLeader.push(message.text),
        lead: () => undefined,
        whenClosed: () => undefined,
        close: () => undefined,
      },
      isLeader: () => false,
      takeOver: () => undefined,
      live: () => undefined,
      received: () => undefined,
      signal: () => null,
      ended: () => undefined,
      stopped: () => undefined,
    },
  );
  socket.start();
  socket.leaderReported({
    kind: 'leader',
    from: 'leader',
    socket: 'leader 1',
    state: 'live',
    to: 'tab',
  });
  server?.open();
  socket.send('{"op":"post","id":"one"}');
  const answer = (frame: object) => server?.message(JSON.stringify(frame));
  answer({ op: 'live' });
  socket.send('{"op":"post","id":"two"}');
  return { socket, own, toLeader, answer };
}

const idsIn = (frames: readonly string[]) =>
  frames.flatMap((text) => (JSON.parse(text) as { id?: string }).id ?? []);

test('waiting commands go through the leader once earlier ones are answered', () => {
  vi.useFakeTimers();
  const { socket, own, toLeader, answer } = aDrainingTab();
  answer({ op: 'ack', id: 'one' });
  expect(idsIn(own)).toEqual(['one']);
  expect(idsIn(toLeader)).toEqual(['two']);
  socket.close();
  vi.useRealTimers();
});

test('waiting commands stay behind a deferred one, on the same socket', () => {
  vi.useFakeTimers();
  const { socket, own, toLeader, answer } = aDrainingTab();
  answer({ op: 'nack', id: 'one', code: 'disk_full' });
  expect(idsIn(own)).toEqual(['one', 'two']);
  expect(idsIn(toLeader)).toEqual([]);
  socket.close();
  vi.useRealTimers();
});
