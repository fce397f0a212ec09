import { connect, type Socket } from 'node:net';
import { LIVE_PATH } from '@parley/protocol';
import { frameOf, OPCODE, textOf } from '../support/raw-socket.ts';

/**
 * What one client can do against the availability of a server, over raw sockets. Each attack ends
 * on its own and leaves no connection open.
 */
export interface Attack {
  readonly kind: keyof typeof ATTACKS;
  readonly port: number;
  /** The address that the attacker connects from: any of 127.0.0.0/8. */
  readonly from: string;
  readonly connections: number;
  /** Requests per connection, or per second. */
  readonly requests: number;
  readonly seconds: number;
  readonly path?: string;
  /** The access token of the attacker, for attacks on the live socket. */
  readonly token?: string;
}

/** The outcome of an attack, for a report. */
export interface Outcome {
  readonly connections: number;
  readonly bytesRead: number;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Opens a connection, calls `run` once it is open, and settles when it is closed. */
function open({ port, from }: Attack, run: (socket: Socket) => void): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from }, () => run(socket));
    // A server that defends itself cuts connections: that does not fail the attack.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(socket.bytesRead));
  });
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

/** Repeats on this many concurrent connections until the time is over. */
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
  /** Pipelines GETs and aborts when the first response arrives. */
  pipelineAndAbort: (attack: Attack) =>
    repeat(attack, () =>
      open(attack, (socket) => {
        socket.write(get(attack.path ?? '/').repeat(attack.requests));
        socket.once('data', () => socket.destroy());
        setTimeout(() => socket.destroy(), 500);
      }),
    ),

  /** Pipelines GETs and never reads the responses. */
  pipelineUnread: (attack: Attack) =>
    repeat(
      attack,
      () =>
        open(attack, (socket) => {
          socket.pause();
          socket.write(get(attack.path ?? '/').repeat(attack.requests));
          setTimeout(() => socket.destroy(), attack.seconds * 1_000);
          // A paused socket does not notice that the server has closed; an occasional small read does.
          const look = setInterval(() => socket.read(1), 500);
          socket.on('close', () => clearInterval(look));
        }),
      250,
    ),

  /** Sends GETs in sequence on keep-alive connections, at this total rate per second. */
  steadyGets: (attack: Attack) =>
    repeat(attack, () =>
      open(attack, (socket) => {
        const each = (1_000 * attack.connections) / attack.requests;
        const timer = setInterval(() => socket.write(get(attack.path ?? '/')), each);
        setTimeout(() => socket.destroy(), attack.seconds * 1_000);
        socket.on('close', () => clearInterval(timer)).resume();
      }),
    ),

  /** Sends one GET on each of many connections and never reads the responses. */
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

  /** Requests upgrades with a foreign Origin of this many bytes, as fast as they are rejected. */
  foreignUpgrades: (attack: Attack) =>
    repeat(attack, () =>
      open(attack, (socket) => {
        socket.write(upgrade(`Origin: http://${'x'.repeat(attack.requests)}\r\n`));
        socket.resume();
      }),
    ),

  /** Opens connections and sends nothing on them. */
  idleConnections: async (attack: Attack): Promise<Outcome> => {
    const gone = Array.from({ length: attack.connections }, (_, n) =>
      wait(n / 3).then(() =>
        open(attack, (socket) => {
          socket.resume();
          setTimeout(() => socket.destroy(), attack.seconds * 1_000);
        }),
      ),
    );
    const read = await Promise.all(gone);
    return { connections: read.length, bytesRead: read.reduce((sum, n) => sum + n, 0) };
  },

  /** Sends pings on live sockets as fast as they are accepted. */
  pings: (attack: Attack) => floodFrames(attack, frameOf(OPCODE.ping, Buffer.alloc(0))),

  /** Sends texts that are no frames of the protocol as fast as they are accepted. */
  garbage: (attack: Attack) => floodFrames(attack, textOf('garbage')),

  /** Opens WebSockets at a fixed rate and sends nothing on them. */
  upgrades: async (attack: Attack): Promise<Outcome> => {
    const gone: Promise<number>[] = [];
    const startedAt = performance.now();
    while (performance.now() - startedAt < attack.seconds * 1_000) {
      const due = ((performance.now() - startedAt) / 1_000) * attack.requests;
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

/** Sends this frame on live sockets as fast as it is accepted, and reads nothing. */
function floodFrames(attack: Attack, frame: Buffer): Promise<Outcome> {
  const many = Buffer.concat(Array.from({ length: Math.ceil(32_768 / frame.length) }, () => frame));
  return repeat(
    attack,
    () =>
      open(attack, (socket) => {
        const flood = () => {
          while (!socket.destroyed && socket.write(many));
        };
        socket.write(upgrade(''));
        socket.once('data', () => {
          socket.pause();
          socket.write(textOf({ op: 'hello', token: attack.token }));
          socket.on('drain', flood);
          flood();
        });
        setTimeout(() => socket.destroy(), attack.seconds * 1_000);
        // A paused socket does not notice that the server has closed; an occasional small read does.
        const look = setInterval(() => socket.read(1), 500);
        socket.on('close', () => clearInterval(look));
      }),
    100,
  );
}

/** Carries out an attack. */
export const attack = (wanted: Attack): Promise<Outcome> => ATTACKS[wanted.kind](wanted);
