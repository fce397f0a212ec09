import { randomUUID } from 'node:crypto';
import { CLOSE, ClientFrame, Problem } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { examine } from '../../src/doctor/doctor.ts';
import { startTestCluster, type TestCluster } from '../support/database.ts';
import type { Peer } from '../support/peer.ts';
import { call, startTestServer, type TestServer } from '../support/server.ts';
import { Actors, ROLES, type Role } from './actors.ts';
import { Fixtures } from './fixtures.ts';
import { EDGE_TIMES, fuzzOf, type JsonSchema, type Knowledge } from './json-schema.ts';
import { knownValues } from './known.ts';
import {
  type Care,
  type FuzzAnswer,
  type FuzzRequest,
  type Operation,
  readOpenApi,
  requestsOf,
  requestsTo,
  Sender,
} from './requests.ts';
import { EXCEPTIONS, type Situation, situationsOf } from './situations.ts';

/**
 * The server answers any input as its documentation says. Values are generated from the schemas of
 * every route and every frame. FUZZ_SCALE multiplies the number of requests and frames; FUZZ_SEED
 * changes the values.
 */

const SCALE = Number(process.env.FUZZ_SCALE ?? 1);
const SEED = Number(process.env.FUZZ_SEED ?? 2019);
const REQUESTS = 5_200 * SCALE;
const FRAMES = 16_000 * SCALE;
/** Values generated per batch: later batches use the ids from earlier answers. */
const BATCH = 400;
const TIMEOUT_MS = 180_000 * SCALE;

let cluster: TestCluster;
let server: TestServer;
let actors: Actors;
let knowledge: Knowledge;
let operations: Operation[];
let situationOf: (operation: string) => Promise<Situation>;
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => unhandled.push(error);
beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  cluster = await startTestCluster();
  // The variable takes precedence over what fuzzed requests store, so that accounts can be created.
  server = await startTestServer(cluster, { REGISTRATION: 'open', PUSH_NETWORKS: '127.0.0.1' });
  actors = await Actors.create(server);
  const { body } = await call(server.url, 'GET', '/openapi.json');
  const document = readOpenApi(body);
  operations = document.operations;
  knowledge = { resolve: document.resolve, known: knownValues(actors) };
  situationOf = situationsOf(new Fixtures(server, actors.root));
});
afterAll(async () => {
  process.off('unhandledRejection', onUnhandled);
  await server.stop();
  await cluster.stop();
});

const UUID = /"(?:id|ticket)":"([^"]{1,100})"/g;

/** Returns what is wrong with an answer, or null. */
function faultOf({ status, retryAfter, text }: FuzzAnswer): string | null {
  if (status >= 500 && !(status === 503 && retryAfter !== undefined)) return `status ${status}`;
  if (status < 400) return null;
  const problem = Problem.safeParse(JSON.parse(text));
  if (!problem.success) return 'no problem document';
  return problem.data.status === status ? null : 'another status in the problem document';
}

const shown = (r: FuzzRequest, answer: FuzzAnswer, fault: string) =>
  `${fault}: ${r.operation} as ${r.role}: ${r.method} ${r.path} ${r.body?.toString()} => ${answer.status} ${answer.text.slice(0, 500)}`;

/** Sends a request, and keeps the ids of its answer and what is wrong with it. */
async function probe(sender: Sender, request: FuzzRequest, faults: string[]): Promise<boolean> {
  const answer = await sender.send(request);
  const fault = faultOf(answer);
  if (fault !== null) faults.push(shown(request, answer, fault));
  const isOurs = request.token === undefined && request.role !== null;
  if (isOurs && answer.status === 401 && /session_ended/.test(answer.text))
    actors.ended(request.role as Role);
  if (answer.status >= 300) return false;
  for (const [, id] of answer.text.matchAll(UUID)) actors.learn(request.operation, id as string);
  return true;
}

describe('fuzzed requests', () => {
  /** Generates requests to an operation in a situation in which it can succeed. */
  function guided(operation: Operation, { token, fixed = {} }: Situation, care: Care, n: number) {
    const own = { ...knowledge, known: knownValues(actors, operation.path), fixed };
    const some = fc.sample(requestsOf(operation, own, care), { numRuns: n, seed: SEED + n });
    return some.map((request) => ({ ...request, role: null, token }));
  }

  /**
   * Sends fuzzed requests, and then valid ones until one succeeds: a fuzzed request may have used up
   * the situation, and a valid one may contain what only the server can know to be wrong.
   */
  async function succeeds(sender: Sender, operation: Operation, faults: string[]) {
    const answers: string[] = [];
    for (let n = 1; n <= 40; n++) {
      const situation = await situationOf(operation.id);
      for (const request of n === 1 ? guided(operation, situation, 'fuzzed', 6) : [])
        await probe(sender, request, faults);
      const request = guided(operation, situation, 'valid', n).at(-1) as FuzzRequest;
      if (await probe(sender, request, faults)) return null;
      answers.push(request.body?.toString() ?? request.path);
    }
    return `${operation.id}: ${answers.slice(-3).join('; ')}`;
  }

  test('succeed for every operation, with fuzzed ones between them', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const sender = new Sender(server.url, actors, 16);
    const faults: string[] = [];
    const failed: string[] = [];
    const left = operations.filter(({ id }) => !(id in EXCEPTIONS));
    const worker = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const failure = await succeeds(sender, next, faults);
        if (failure !== null) failed.push(failure);
      }
    };
    await Promise.all(Array.from({ length: 6 }, worker));
    sender.close();
    expect(faults.slice(0, 10)).toEqual([]);
    expect(failed).toEqual([]);
    expect(Object.keys(EXCEPTIONS).filter((id) => !operations.some((o) => o.id === id))).toEqual(
      [],
    );
  });

  test('are answered as documented by every route', { timeout: TIMEOUT_MS }, async () => {
    const sender = new Sender(server.url, actors, 16);
    const succeeded = new Set<string>();
    const faults: string[] = [];
    const of = (path: string) => ({ ...knowledge, known: knownValues(actors, path) });
    for (let sent = 0; sent < REQUESTS; sent += BATCH) {
      const requests = fc.sample(requestsTo(operations, of), { numRuns: BATCH, seed: SEED + sent });
      await Promise.all(
        requests.map(async (request) => {
          if (await probe(sender, request, faults)) succeeded.add(request.operation);
        }),
      );
      expect(faults.slice(0, 10)).toEqual([]);
      await actors.renew();
    }
    sender.close();
    // Requests that get no further than validation would find little. Which ones do depends on chance, and
    // more operations leave fewer requests for each; that every one can succeed is tested above.
    const share = succeeded.size / operations.length;
    const never = operations.filter((o) => !succeeded.has(o.id)).map((o) => o.id);
    expect(
      share,
      `${never.length} of ${operations.length} never succeeded: ${never}`,
    ).toBeGreaterThan(0.5);
  });

  test.each([
    ['GET', '/streams/{own}/events?after=2147483647'],
    ['GET', '/streams/{own}/events?after=2147483648'],
    ['GET', '/streams/{own}/events?after=9007199254740991'],
    ['GET', '/conversations/{own}/messages?after=9007199254740991'],
    ['GET', '/conversations/{own}/messages?around=9007199254740991'],
    ['GET', '/conversations/{own}/messages/9007199254740991'],
  ])('take any seq that a number holds: %s %s', async (method, path) => {
    const answer = await call(
      server.url,
      method,
      path.replace('{own}', actors.ids.conversations.at(-1) as string),
      {
        headers: { authorization: `Bearer ${actors.token('owner')}` },
      },
    );
    expect([200, 404]).toContain(answer.status);
  });

  test.each(EDGE_TIMES)('accept or reject the time %s', async (expiresAt) => {
    const headers = { authorization: `Bearer ${actors.token('owner')}` };
    const answer = await call(server.url, 'POST', '/admin/invitations', {
      body: { expiresAt },
      headers,
    });
    expect([201, 422]).toContain(answer.status);
    const robot = await call(server.url, 'GET', '/admin/service-accounts', { headers });
    const { id } = robot.body.items[0];
    const key = await call(server.url, 'POST', `/admin/service-accounts/${id}/keys`, {
      body: { name: 'k', scopes: ['users:read'], expiresAt },
      headers,
    });
    expect([201, 422]).toContain(key.status);
  });
});

describe('fuzzed frames', () => {
  const schema = z.toJSONSchema(ClientFrame, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  /** Close codes with which the server may end a socket because of what it was sent. */
  const CLOSES: readonly number[] = [
    CLOSE.helloExpected,
    CLOSE.sessionEnded,
    CLOSE.unauthenticated,
    CLOSE.frameTooLarge,
    CLOSE.tooManyConnections,
  ];

  const framesOf = (seed: number, numRuns: number) => {
    const known = knownValues(actors);
    const ids = fc.oneof(
      { weight: 9, arbitrary: fc.uuid() },
      { weight: 1, arbitrary: fc.constantFrom(...Array.from({ length: 4 }, () => randomUUID())) },
    );
    const own = { ...knowledge, known: (f: string) => (f === 'id' ? ids : known(f)) };
    const broken = fc.constantFrom('', '{', 'null', '[]', '"a"', '{"op":{}}', '{"op":"event"}');
    const text = fc.oneof(
      { weight: 12, arbitrary: fuzzOf(schema, own).map((v) => JSON.stringify(v) ?? '') },
      { weight: 1, arbitrary: broken },
      { weight: 1, arbitrary: fc.string().map((t) => Buffer.from(t)) },
    );
    return fc.sample(text, { numRuns, seed });
  };

  async function live(token: string): Promise<Peer> {
    const peer = server.peer();
    peer.ws.on('message', (data) => {
      if (data.toString().startsWith('{"op":"ping"')) peer.send({ op: 'pong' });
    });
    await peer.hello(token);
    return peer;
  }

  /** Everything sent earlier has been handled when this is answered. */
  async function settled(peer: Peer): Promise<void> {
    const id = randomUUID();
    if (!peer.closed) peer.send({ op: 'no such frame', id });
    await peer.until(
      () => peer.closed !== null || peer.of('nack').some((f) => f.id === id),
      'the answer to the last frame',
    );
  }

  test('are answered or rejected, and close no socket', { timeout: TIMEOUT_MS }, async () => {
    const peers = new Map<string, Peer>();
    let answered = 0;
    for (let sent = 0; sent < FRAMES; sent += BATCH) {
      for (const role of ROLES) {
        const open = peers.get(role);
        if (open && !open.closed) continue;
        await actors.renew();
        peers.set(role, await live(actors.token(role)));
      }
      const frames = framesOf(SEED + sent, BATCH);
      for (const [n, frame] of frames.entries()) {
        const peer = peers.get(ROLES[n % ROLES.length] as string) as Peer;
        if (!peer.closed) peer.send(frame);
      }
      for (const [role, peer] of peers) {
        await settled(peer);
        if (peer.closed) expect(CLOSES, peer.closed.reason).toContain(peer.closed.code);
        if (peer.closed) actors.ended(role as 'owner');
        const failed = peer
          .of('nack')
          .filter((f) => ['internal', 'unavailable', 'overloaded'].includes(f.code));
        expect(failed).toEqual([]);
        answered += peer.frames.length;
        peer.frames.length = 0;
      }
    }
    expect(answered).toBeGreaterThan(FRAMES / 2);
    for (const peer of peers.values()) peer.close();
  });

  test('before the hello close the socket with the documented code', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const frames = framesOf(SEED - 1, 300 * SCALE);
    for (let n = 0; n < frames.length; n += 30) {
      await Promise.all(
        frames.slice(n, n + 30).map(async (frame) => {
          const peer = server.peer();
          await peer.until(() => peer.ws.readyState === peer.ws.OPEN, 'the socket to open');
          peer.send(frame);
          await peer.until(() => peer.closed !== null || peer.frames.length > 0, 'an answer');
          if (peer.closed) expect(CLOSES).toContain(peer.closed.code);
          peer.close();
        }),
      );
    }
  });
});

test('leave tables that match the events, and no unhandled rejection', async () => {
  expect(await examine(server.pool)).toEqual([]);
  expect(unhandled).toEqual([]);
});
