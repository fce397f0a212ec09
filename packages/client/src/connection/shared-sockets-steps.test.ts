import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SharedSockets } from './shared-sockets.ts';
import type { LiveSocket, SocketHandlers } from './socket.ts';
import type { LeadMode, TabMessage } from './tab-channel.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => void vi.useRealTimers());

const LIVE = '{"op":"live"}';

/** The sockets of a tab, and everything that they do, in order. */
function aTab() {
  const log: string[] = [];
  const servers: SocketHandlers[] = [];
  const channels: {
    receive: (message: TabMessage) => void;
    granted: () => void;
    resigned: () => void;
    closed: Map<string, () => void>;
  }[] = [];
  const sockets = new SharedSockets({
    tab: 'tab',
    socket: (_url, handlers) => {
      const n = servers.push(handlers);
      log.push(`connect ${n}`);
      return { send: (text) => log.push(`send ${text}`), close: () => log.push(`close ${n}`) };
    },
    join: (receive) => {
      log.push('join');
      const closed = new Map<string, () => void>();
      const unset = () => undefined;
      const channel = {
        receive,
        granted: unset as () => void,
        resigned: unset as () => void,
        closed,
      };
      channels.push(channel);
      return {
        post: ({ from, ...message }) => {
          expect(from).toBe('tab');
          log.push(`post ${JSON.stringify(message)}`);
        },
        lead: (mode: LeadMode, granted, resigned) => {
          log.push(`lead ${mode}`);
          channel.granted = granted;
          channel.resigned = resigned;
        },
        whenClosed: (tab, run) => closed.set(tab, run),
        close: () => log.push('leave'),
      };
    },
  });
  const open = (): LiveSocket =>
    sockets.open('ws://parley', {
      open: () => undefined,
      message: () => undefined,
      close: (code, retryAfterMs) => log.push(`closed ${code} ${retryAfterMs}`),
    });
  const since = () => log.splice(0);
  const channel = () => channels.at(-1) as (typeof channels)[number];
  type Message = TabMessage extends infer M ? (M extends unknown ? Omit<M, 'from'> : never) : never;
  const receive = (message: Message, from = 'other') =>
    channel().receive({ ...message, from } as TabMessage);
  return { sockets, open, since, channel, receive, server: () => servers.at(-1) as SocketHandlers };
}

const leader = (to: string | null, state: string, socket: string | null = 'tab.1') =>
  `post {"kind":"leader","to":${JSON.stringify(to)},"socket":${JSON.stringify(socket)},"state":"${state}"}`;

/** A tab that leads, with a live socket. */
function aLeader() {
  const tab = aTab();
  const socket = tab.open();
  tab.channel().granted();
  tab.server().message(LIVE);
  expect(tab.since()).toEqual([
    ...['join', 'lead wait', 'post {"kind":"ask"}', 'connect 1', leader(null, 'live')],
  ]);
  return { ...tab, socket };
}

describe('the sockets of a tab', () => {
  test('are announced to tabs that ask, which receive the frames from then on', () => {
    const { socket, receive, since, server } = aLeader();
    server().message('{"op":"event"}');
    receive({ kind: 'ask' });
    expect(since()).toEqual([leader('other', 'live')]);
    // Its user is idle here, but active in the other tab.
    receive({ kind: 'send', socket: 'tab.1', text: '{"op":"presence","state":"idle"}' });
    socket.send('{"op":"presence","state":"idle"}');
    expect(since()).toEqual(['send {"op":"presence","state":"idle"}']);
    // A tab that asks again is not taken as active again.
    receive({ kind: 'ask' });
    expect(since()).toEqual([leader('other', 'live')]);
    server().message('{"op":"event"}');
    expect(since()).toEqual([
      `post ${JSON.stringify({ kind: 'frame', socket: 'tab.1', text: '{"op":"event"}' })}`,
    ]);
    receive({ kind: 'left' });
    receive({ kind: 'left' });
    server().message('{"op":"event"}');
    expect(since()).toEqual([]);
  });

  test('are not shared while they are opening, or by a tab that does not lead', () => {
    const { open, channel, receive, since, server } = aTab();
    open();
    receive({ kind: 'ask' });
    expect(since()).toEqual(['join', 'lead wait', 'post {"kind":"ask"}']);
    channel().granted();
    receive({ kind: 'ask' });
    expect(since()).toEqual(['connect 1', leader('other', 'opening')]);
    server().message(LIVE);
    server().message('{"op":"event"}');
    expect(since()).toEqual([leader(null, 'live')]);
  });

  test('send the frames of their followers, and of no others', () => {
    const { receive, since } = aLeader();
    const send = (socket: string, from?: string) =>
      receive({ kind: 'send', socket, text: '{"op":"ping"}' }, from);
    send('tab.1');
    receive({ kind: 'ask' });
    since();
    send('tab.0');
    send('tab.1', 'third');
    expect(since()).toEqual([]);
    send('tab.1');
    expect(since()).toEqual(['send {"op":"ping"}']);
  });

  test('take a follower that is gone as idle, once', () => {
    const { channel, receive, since } = aLeader();
    receive({ kind: 'ask' });
    receive({ kind: 'send', socket: 'tab.1', text: '{"op":"watch","accounts":["ann"]}' });
    since();
    channel().closed.get('other')?.();
    const frames = since();
    expect(frames.some((frame) => frame.includes('"accounts":[]'))).toBe(true);
    channel().closed.get('other')?.();
    expect(since()).toEqual([]);
  });

  test('tell their followers that they have ended, and leave after a while', () => {
    const { open, receive, since, server } = aLeader();
    receive({ kind: 'ask' });
    since();
    server().close(1006, 7_000);
    expect(since()).toEqual([
      ...['post {"kind":"closed","socket":"tab.1","retryAfterMs":7000}', 'close 1'],
      'closed 1006 7000',
    ]);
    receive({ kind: 'ask' });
    expect(since()).toEqual([leader('other', 'down', null)]);
    // The next socket is the leader’s, too.
    open();
    server().message(LIVE);
    vi.advanceTimersByTime(600_000);
    expect(since()).toEqual(['connect 2', leader(null, 'live', 'tab.2')]);
    server().close(1006, null);
    since();
    vi.advanceTimersByTime(600_000);
    expect(since()).toEqual(['post {"kind":"left"}', 'leave']);
    open();
    expect(since().slice(0, 2)).toEqual(['join', 'lead wait']);
  });

  test('leave at once when the client stops, and when the page is about to be frozen', () => {
    const stopped = aLeader();
    stopped.receive({ kind: 'ask' });
    stopped.since();
    stopped.socket.close(1000);
    expect(stopped.since()).toEqual([
      ...['post {"kind":"closed","socket":"tab.1","retryAfterMs":null}', 'close 1'],
      ...['post {"kind":"left"}', 'leave'],
    ]);
    stopped.sockets.freezing();
    expect(stopped.since()).toEqual([]);

    const frozen = aLeader();
    frozen.sockets.freezing();
    expect(frozen.since()).toEqual([
      ...['close 1', 'closed 1006 null', 'post {"kind":"left"}', 'leave'],
    ]);
    const follower = aTab();
    follower.open();
    follower.since();
    follower.sockets.freezing();
    expect(follower.since()).toEqual([]);
  });

  test('of a tab that was replaced as the leader disconnect its followers, and ask to follow', () => {
    const { channel, receive, since, server } = aLeader();
    receive({ kind: 'ask' });
    since();
    channel().resigned();
    expect(since()).toEqual([
      ...['post {"kind":"closed","socket":"tab.1","retryAfterMs":null}', 'lead wait'],
      'post {"kind":"ask"}',
    ]);
    server().message('{"op":"event"}');
    expect(since()).toEqual([]);
    // What concerns another tab.
    receive({ kind: 'leader', to: 'third', socket: 'other.1', state: 'live' });
    expect(since()).toEqual([]);
    receive({ kind: 'leader', to: 'tab', socket: 'other.1', state: 'live' });
    expect(since()).toEqual(['close 1', 'closed 1006 null']);
  });

  test('replace a leader that does not answer', () => {
    const { open, channel, since } = aTab();
    open();
    vi.advanceTimersByTime(1_000);
    expect(since()).toEqual([
      ...['join', 'lead wait', 'post {"kind":"ask"}', 'lead steal', 'connect 1'],
    ]);
    channel().granted();
    expect(since()).toEqual([]);
  });

  test('ignore the lead of a channel that they have left', () => {
    const { open, channel, sockets, since } = aTab();
    const socket = open();
    const former = channel();
    former.granted();
    socket.close(1000);
    since();
    former.granted();
    former.resigned();
    sockets.freezing();
    expect(since()).toEqual([]);
  });
});
