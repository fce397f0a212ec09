import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SharedSocket, type SharedSocketDeps } from './shared-socket.ts';
import type { SocketHandlers } from './socket.ts';
import type { TabMessage } from './tab-channel.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => void vi.useRealTimers());

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
  const { socket, own, toLeader, answer } = aDrainingTab();
  answer({ op: 'ack', id: 'one' });
  expect(idsIn(own)).toEqual(['one']);
  expect(idsIn(toLeader)).toEqual(['two']);
  socket.close();
});

test('waiting commands stay behind a deferred one, on the same socket', () => {
  const { socket, own, toLeader, answer } = aDrainingTab();
  answer({ op: 'nack', id: 'one', code: 'disk_full' });
  expect(idsIn(own)).toEqual(['one', 'two']);
  expect(idsIn(toLeader)).toEqual([]);
  socket.close();
});

/** A socket of a tab, and everything that it does, in order. */
function aSocket(options: { isLeader?: boolean; hasChannel?: boolean } = {}) {
  const log: string[] = [];
  const state = { isLeader: options.isLeader ?? false };
  let server: SocketHandlers | undefined;
  const post = ({ from, ...message }: TabMessage) => {
    const isSent = message.kind === 'send';
    log.push(isSent ? `to ${message.socket} ${message.text}` : `${from} ${message.kind}`);
  };
  const unused = () => undefined;
  const deps: SharedSocketDeps = {
    socket: (url, handlers) => {
      log.push(`connect ${url}`);
      server = handlers;
      return {
        send: (text) => log.push(`send ${text}`),
        close: (code) => log.push(`close own ${code}`),
      };
    },
    tab: 'tab',
    channel:
      options.hasChannel === false
        ? null
        : { post, lead: unused, whenClosed: unused, close: unused },
    isLeader: () => state.isLeader,
    takeOver: () => log.push('take over'),
    live: () => log.push('live'),
    received: (text) => log.push(`received ${text}`),
    signal: (tab, frame) => {
      log.push(`signal of ${tab} ${frame.op}`);
      return frame.op === 'watch' && frame.accounts.length === 0 ? null : `merged ${frame.op}`;
    },
    ended: (retryAfterMs) => log.push(`ended ${retryAfterMs}`),
    stopped: () => log.push('stopped'),
  };
  const socket = new SharedSocket(
    'tab.1',
    'ws://parley',
    {
      open: () => log.push('open'),
      message: (text) => log.push(`message ${text}`),
      close: (code, retryAfterMs) => log.push(`closed ${code} ${retryAfterMs}`),
    },
    deps,
  );
  socket.start();
  type State = 'live' | 'opening' | 'down';
  return {
    ...{ socket, state },
    server: () => server as SocketHandlers,
    /** What has happened since the last call. */
    since: () => log.splice(0),
    leader: (reported: State, to: string | null = 'tab', name = 'leader.1') =>
      socket.leaderReported({ kind: 'leader', from: 'leader', socket: name, state: reported, to }),
  };
}

const LIVE = '{"op":"live"}';
const PING = '{"op":"ping"}';
const CONNECT = 'connect ws://parley';

/** A tab that receives its frames through the leader. */
function aRelayedTab() {
  const tab = aSocket();
  tab.leader('live');
  tab.server().open();
  tab.server().message(LIVE);
  expect(tab.since()).toEqual([
    ...['tab ask', CONNECT, 'open', `message ${LIVE}`],
    ...['close own undefined', `to leader.1 ${PING}`],
  ]);
  return tab;
}

describe('a socket that tabs share', () => {
  beforeEach(
    () => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }),
  );
  afterEach(() => void vi.useRealTimers());

  test('is the tab’s own in a browser that cannot share one, and closes with its code', () => {
    const { socket, server, since } = aSocket({ hasChannel: false });
    expect(since()).toEqual([CONNECT]);
    server().open();
    server().message(LIVE);
    socket.send('{"op":"post","id":"a"}');
    expect(since()).toEqual(['open', `message ${LIVE}`, 'send {"op":"post","id":"a"}']);
    expect(socket.isLive).toBe(true);
    socket.close(1000);
    socket.close(1000);
    expect(since()).toEqual(['ended null', 'close own 1000', 'stopped']);
    expect(socket.isLive).toBe(false);
    server().open();
    server().message('x');
    server().close(1006, null);
    socket.send(PING);
    socket.freezing();
    expect(since()).toEqual([]);
    vi.advanceTimersByTime(120_000);
    expect(since()).toEqual([]);
  });

  test('that was not stopped lets the tab connect again', () => {
    const { socket, since } = aSocket({ hasChannel: false });
    socket.close(undefined);
    expect(since()).toEqual([CONNECT, 'ended null', 'close own undefined']);
  });

  test('of the leader passes on what it receives, and says when it is live', () => {
    const { socket, server, since } = aSocket({ isLeader: true });
    server().message('{"op":"event","id":1}');
    server().message(LIVE);
    expect(since()).toEqual([
      ...[CONNECT, 'received {"op":"event","id":1}', 'message {"op":"event","id":1}'],
      ...[`received ${LIVE}`, `message ${LIVE}`, 'live'],
    ]);
    server().close(4401, 3_000);
    expect(since()).toEqual(['ended 3000', 'close own undefined', 'closed 4401 3000']);
    expect(socket.isLive).toBe(false);
  });

  test('replaces a leader that does not answer within a second', () => {
    const { since } = aSocket();
    vi.advanceTimersByTime(999);
    expect(since()).toEqual(['tab ask']);
    vi.advanceTimersByTime(1);
    expect(since()).toEqual(['take over', CONNECT]);
    vi.advanceTimersByTime(60_000);
    expect(since()).toEqual([]);
  });

  test('waits five seconds for a leader that is connecting, and asks one that has connected', () => {
    const { leader, server, since } = aSocket();
    leader('opening');
    vi.advanceTimersByTime(4_999);
    expect(since()).toEqual(['tab ask']);
    leader('live', null);
    expect(since()).toEqual(['tab ask']);
    vi.advanceTimersByTime(1);
    expect(since()).toEqual([CONNECT]);
    // Its own socket is live: the leader may be ready now.
    server().message(LIVE);
    expect(since()).toEqual([`message ${LIVE}`, 'tab ask']);
  });

  test('connects at once if the leader has no connection', () => {
    const { leader, server, since } = aSocket();
    leader('down');
    vi.advanceTimersByTime(30_000);
    expect(since()).toEqual(['tab ask', CONNECT]);
    server().message(LIVE);
    leader('live', 'tab');
    expect(since()).toEqual([
      ...[`message ${LIVE}`, 'tab ask', 'ended null', 'close own undefined', 'closed 1006 null'],
    ]);
  });

  test('delivers the leader’s frames after its own, each once', () => {
    const { socket, leader, server, since } = aSocket();
    leader('live');
    socket.relayed('leader.1', 'early');
    socket.relayed('another', 'foreign');
    server().message('own');
    server().message(LIVE);
    socket.relayed('leader.1', 'late');
    socket.relayed('another', 'foreign');
    const messages = since().filter((one) => one.startsWith('message'));
    expect(messages).toEqual(['message own', `message ${LIVE}`, 'message early', 'message late']);
    server().message('from the closed socket');
    expect(since()).toEqual([]);
  });

  test('stays on its own socket if that has answers to wait for longer than five seconds', () => {
    const { socket, leader, server, since } = aSocket();
    leader('live');
    socket.send('{"op":"post","id":"a"}');
    server().message(LIVE);
    socket.send('{"op":"post","id":"b"}');
    since();
    vi.advanceTimersByTime(4_999);
    expect(since()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(since()).toEqual(['tab left', 'send {"op":"post","id":"b"}']);
    socket.relayed('leader.1', 'no longer followed');
    vi.advanceTimersByTime(29_999);
    expect(since()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(since()).toEqual(['tab ask']);
  });

  test('through a leader sends what the leader does not send itself', () => {
    const { socket, since } = aRelayedTab();
    socket.relayed('leader.1', 'x');
    for (const op of ['pong', 'renew']) socket.send(`{"op":"${op}"}`);
    expect(since()).toEqual(['message x']);
    socket.send('{"op":"post","id":"a"}');
    socket.send('{"op":"watch","accounts":[]}');
    expect(since()).toEqual([
      ...['to leader.1 {"op":"post","id":"a"}', 'to leader.1 {"op":"watch","accounts":[]}'],
    ]);
    vi.advanceTimersByTime(60_000);
    expect(since()).toEqual([]);
  });

  test('replaces a leader through which nothing comes for four seconds after a ping', () => {
    const { socket, since } = aRelayedTab();
    vi.advanceTimersByTime(3_999);
    socket.relayed('leader.1', 'x');
    vi.advanceTimersByTime(10_000);
    expect(since()).toEqual(['message x']);
    socket.send(PING);
    vi.advanceTimersByTime(3_999);
    expect(since()).toEqual([`to leader.1 ${PING}`]);
    vi.advanceTimersByTime(1);
    expect(since()).toEqual(['take over', 'tab left', 'ended null', 'closed 1006 null']);
  });

  test('ends with that of its leader, and with another leader', () => {
    const closed = aRelayedTab();
    closed.socket.leaderClosed('another', 1);
    expect(closed.since()).toEqual([]);
    closed.socket.leaderClosed('leader.1', 7_000);
    expect(closed.since()).toEqual(['tab left', 'ended 7000', 'closed 1006 7000']);
    closed.leader('live', null, 'leader.2');
    expect(closed.since()).toEqual([]);

    const replaced = aRelayedTab();
    replaced.leader('opening', null, 'leader.2');
    replaced.leader('live', null);
    expect(replaced.since()).toEqual([]);
    replaced.leader('live', null, 'leader.2');
    expect(replaced.since()).toEqual(['tab left', 'ended null', 'closed 1006 null']);

    const promoted = aRelayedTab();
    promoted.socket.becameLeader();
    expect(promoted.since()).toEqual(['tab left', 'ended null', 'closed 1006 null']);

    const stopped = aRelayedTab();
    stopped.socket.close(1000);
    expect(stopped.since()).toEqual(['tab left', 'ended null', 'stopped']);

    const frozen = aRelayedTab();
    frozen.socket.freezing();
    expect(frozen.since()).toEqual(['tab left', 'ended null', 'closed 1006 null']);
  });

  test.each([
    [
      'the leader’s socket is closed',
      (tab: ReturnType<typeof aSocket>) => tab.socket.leaderClosed('leader.1', null),
    ],
    ['two tabs lead', (tab: ReturnType<typeof aSocket>) => tab.leader('live', null, 'leader.2')],
    ['it leads itself', (tab: ReturnType<typeof aSocket>) => tab.socket.becameLeader()],
    [
      'too many frames come before it is live',
      (tab: ReturnType<typeof aSocket>) => {
        for (let n = 0; n <= 5_000; n++) tab.socket.relayed('leader.1', `${n}`);
      },
    ],
  ])('does not follow if %s', (_when, happen) => {
    const tab = aSocket();
    tab.leader('live');
    expect(tab.since()).toEqual(['tab ask', CONNECT]);
    happen(tab);
    expect(tab.since()).toEqual(['tab left']);
    tab.server().message(LIVE);
    expect(tab.since()).toEqual([`message ${LIVE}`, 'tab ask']);
    tab.socket.relayed('leader.1', 'x');
    expect(tab.since()).toEqual([]);
  });

  test('follows although many frames come before it is live', () => {
    const tab = aSocket();
    tab.leader('live');
    for (let n = 0; n < 5_000; n++) tab.socket.relayed('leader.1', `${n}`);
    tab.server().message(LIVE);
    expect(tab.since().filter((one) => one.startsWith('message'))).toHaveLength(5_001);
  });

  test('connects when it becomes the leader, announces a live socket, and asks when it resigns', () => {
    const { socket, server, since, state } = aSocket();
    socket.becameLeader();
    expect(since()).toEqual(['tab ask', CONNECT]);
    socket.becameLeader();
    socket.resigned();
    expect(since()).toEqual([]);
    state.isLeader = true;
    server().message(LIVE);
    since();
    socket.becameLeader();
    socket.resigned();
    expect(since()).toEqual(['live', 'tab ask']);
  });

  test('reports the accounts and the activity of all tabs, again to each leader', () => {
    const { socket, server, since, leader } = aSocket();
    leader('live');
    since();
    socket.send('{"op":"hello","presence":["ann"]}');
    socket.send('{"op":"hello"}');
    expect(since()).toEqual([
      ...['signal of tab watch', 'send {"op":"hello","presence":["ann"]}', 'send {"op":"hello"}'],
    ]);
    socket.send('{"op":"presence","state":"idle"}');
    socket.send('{"op":"watch","accounts":[]}');
    expect(since()).toEqual([
      ...['signal of tab presence', 'send merged presence', 'signal of tab watch'],
    ]);
    socket.sendFor('other', '{"op":"presence","state":"idle"}');
    expect(since()).toEqual(['signal of other presence', 'send merged presence']);
    server().message(LIVE);
    expect(since()).toEqual([
      ...[`message ${LIVE}`, 'close own undefined', 'to leader.1 {"op":"watch","accounts":[]}'],
      ...['to leader.1 {"op":"presence","state":"idle"}', `to leader.1 ${PING}`],
    ]);
  });

  test('paces the commands of all tabs together, but neither requests for gaps nor tokens', () => {
    const { socket, server, since } = aSocket({ isLeader: true });
    socket.limited({ commands: 2, commandWindowMs: 1_000 });
    since();
    const post = (id: string) => `{"op":"post","id":"${id}"}`;
    socket.send(post('a'));
    socket.sendFor('other', post('b'));
    socket.sendFor('third', post('c'));
    socket.sendFor('other', '{"op":"fill","id":"f"}');
    socket.send('{"op":"renew","id":"r"}');
    socket.send('{"op":"typing"}');
    expect(since()).toEqual([
      ...[`send ${post('a')}`, 'send {"op":"fill","id":"f"}', 'send {"op":"renew","id":"r"}'],
      'send {"op":"typing"}',
    ]);
    socket.forget('other');
    vi.advanceTimersByTime(999);
    expect(since()).toEqual([]);
    // Timers of hidden tabs are late: frames of the server count, too.
    vi.setSystemTime(Date.now() + 10);
    vi.advanceTimersByTime(2);
    expect(since()).toEqual([`send ${post('c')}`]);
    socket.send(post('d'));
    server().close(1006, null);
    vi.advanceTimersByTime(10_000);
    expect(since().filter((one) => one.startsWith('send'))).toEqual([]);
  });
});
