import { connect, type Socket } from 'node:net';
import { LIVE_PATH } from '@parley/protocol';

/**
 * What one client can do to the availability of a server, over raw sockets. Each attack ends by
 * itself, and leaves no connection.
 */
export interface Attack {
  readonly kind: keyof typeof ATTACKS;
  readonly port: number;
  /** The address that the attacker comes from: any of 127.0.0.0/8. */
  readonly from: string;
  readonly connections: number;
  /** Requests on each connection, or a second. */
  readonly requests: number;
  readonly seconds: number;
  readonly path?: string;
}

/** What came of it, for a report. */
export interface Outcome {
  readonly connections: number;
  readonly bytesRead: number;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Opens a connection; `run` is called when it stands, and the promise settles when it is gone. */
function open({ port, from }: Attack, run: (socket: Socket) => void): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from }, () => run(socket));
    // A server that defends itself cuts connections: that is no failure of the attack.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(socket.bytesRead));
  });
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

/** Repeats on so many connections at a time until the time is over. */
async function repeat(attack: Attack, once: () => Promise<number>, pauseMs = 1): Promise<Outcome> {
  const end = performance.now() + attack.seconds * 1_000;
  let connections = 0;
  let bytesRead = 0;
  const one = async () => {
    while (performance.now() < end) {
      connections++;
      bytesRead += await once();
      await wait(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: attack.connections }, one));
  return { connections, bytesRead };
}

const ATTACKS = {
  /** Pipelines GETs and aborts as soon as the first answer comes. */
  pipelineAndAbort: (attack: Attack) =>
    repeat(attack, () =>
      open(attack, (socket) => {
        socket.write(get(attack.path ?? '/').repeat(attack.requests));
        socket.once('data', () => socket.destroy());
        setTimeout(() => socket.destroy(), 500);
      }),
    ),

  /** Pipelines GETs and reads nothing of what is sent. */
  pipelineUnread: (attack: Attack) =>
    repeat(
      attack,
      () =>
        open(attack, (socket) => {
          socket.pause();
          socket.write(get(attack.path ?? '/').repeat(attack.requests));
          setTimeout(() => socket.destroy(), attack.seconds * 1_000);
          // A paused socket does not see that the server has closed: reading a little now and then does.
          const look = setInterval(() => socket.read(1), 500);
          socket.on('close', () => clearInterval(look));
        }),
      250,
    ),

  /** GETs one after the other on connections that stay open, so many a second in all. */
  steadyGets: (attack: Attack) =>
    repeat(attack, () =>
      open(attack, (socket) => {
        const each = (1_000 * attack.connections) / attack.requests;
        const timer = setInterval(() => socket.write(get(attack.path ?? '/')), each);
        setTimeout(() => socket.destroy(), attack.seconds * 1_000);
        socket.on('close', () => clearInterval(timer)).resume();
      }),
    ),

  /** One GET on each of many connections, of which nothing is read. */
  slowReaders: async (attack: Attack): Promise<Outcome> => {
    const gone = Array.from({ length: attack.connections }, (_, n) =>
      wait(n).then(() =>
        open(attack, (socket) => {
          socket.pause();
          socket.write(get(attack.path ?? '/', 'Accept-Encoding: identity\r\n'));
          setTimeout(() => socket.destroy(), attack.seconds * 1_000);
        }),
      ),
    );
    const read = await Promise.all(gone);
    return { connections: read.length, bytesRead: read.reduce((sum, n) => sum + n, 0) };
  },

  /** Upgrades with a foreign Origin of so many bytes, as fast as they are refused. */
  foreignUpgrades: (attack: Attack) =>
    repeat(attack, () =>
      open(attack, (socket) => {
        socket.write(upgrade(`Origin: http://${'x'.repeat(attack.requests)}\r\n`));
        socket.resume();
      }),
    ),

  /** Upgrades at a rate, which say nothing after. */
  upgrades: async (attack: Attack): Promise<Outcome> => {
    const gone: Promise<number>[] = [];
    const begun = performance.now();
    while (performance.now() - begun < attack.seconds * 1_000) {
      const due = ((performance.now() - begun) / 1_000) * attack.requests;
      while (gone.length < due) {
        gone.push(
          open(attack, (socket) => {
            socket.write(upgrade(''));
            socket.resume();
            setTimeout(() => socket.destroy(), 2_000);
          }),
        );
      }
      await wait(5);
    }
    const read = await Promise.all(gone);
    return { connections: read.length, bytesRead: read.reduce((sum, n) => sum + n, 0) };
  },
};

const upgrade = (more: string) =>
  get(
    LIVE_PATH,
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${more}`,
  );

/** Carries an attack out. */
export const attack = (wanted: Attack): Promise<Outcome> => ATTACKS[wanted.kind](wanted);
