import { readFileSync } from 'node:fs';
import { streamOfConversation } from '@parley/protocol';
import { expect, test } from 'vitest';
import { postMessage } from '../../src/messages/commands.ts';
import { about } from '../support/domain-builders.ts';
import { Peer } from '../support/peer.ts';
import { registerAt } from '../support/server.ts';
import { until } from '../support/sink.ts';
import { anAppend } from '../support/stream-builders.ts';
import { seqsFrom, TestBed } from './test-bed.ts';

const testBed = new TestBed();

/** Resident memory of a process, MiB (Linux). */
function rssOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

test.skipIf(process.platform !== 'linux')(
  'the server’s memory stays bounded behind ten readers that stop reading (B16, B17)',
  async () => {
    const database = await testBed.cluster.fresh();
    const server = await testBed.child(database);
    const ann = await registerAt(server.url, 'ann');
    const bob = await registerAt(server.url, 'bob');
    const group = await ann.group('the two', [bob]);
    const { pool } = await database.open();
    const append = anAppend(pool);
    const witness = await testBed.client(server, ann);

    const readers = Array.from({ length: 10 }, () => new Peer(server.url));
    testBed.finally(() => {
      for (const reader of readers) reader.close();
    });
    for (const reader of readers) {
      await reader.hello(bob.accessToken);
      reader.ws.pause();
    }
    const start = witness.at(group);
    // Warm-up: what the first messages cost is not a cost of slow readers.
    const body = 'x'.repeat(2_000);
    const flood = async (count: number) => {
      for (let n = 0; n < count; n += 500) {
        await Promise.all(
          Array.from({ length: 500 }, () => postMessage(append, about(ann.id, group), body)),
        );
      }
    };
    await flood(1_000);
    await until(() => witness.at(group) === start + 1_000, 'the first thousand', 30_000);
    const before = rssOf(server.child.pid);
    await flood(10_000);
    await until(() => witness.at(group) === start + 11_000, 'all messages', 60_000);
    // 200 MB of frames are due to the slow readers.
    const grown = rssOf(server.child.pid) - before;
    console.info(`10 paused readers, 10,000 messages: ${grown.toFixed(0)} MiB more`);
    expect(grown).toBeLessThan(64);
    expect(witness.seqs(group)).toEqual(seqsFrom(start + 1, start + 11_000));

    // One of them reads again, and gets all the rest once and in order.
    const [reader] = readers as [Peer];
    const stream = streamOfConversation(group);
    const seqs = () => reader.of('event').flatMap((e) => (e.stream === stream ? [e.seq] : []));
    reader.ws.on('message', (data) => {
      if (data.toString().startsWith('{"op":"ping"')) reader.send({ op: 'pong' });
    });
    reader.ws.resume();
    await until(() => seqs().at(-1) === start + 11_000, 'the rest', 60_000);
    expect(seqs()).toEqual(seqsFrom(start + 1, start + 11_000));
  },
  120_000,
);
