import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountId, ClientId, DurableCommand, Seq, StreamId } from '@parley/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { derivedId, sessionFile } from '../node.ts';
import { FileStore } from './file-store.ts';
import type { Changes, OutboxEntry } from './store.ts';

const ACCOUNT = 'account' as AccountId;
let folder: string;

// Each fsync takes time on a busy disk.
vi.setConfig({ testTimeout: 30_000 });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-file-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const journal = () => join(folder, ACCOUNT, 'journal');

function entry(n: number, body = `${n}`): OutboxEntry {
  const command = { op: 'post', id: `id-${n}`, body } as unknown as DurableCommand;
  return {
    id: `id-${n}` as ClientId,
    order: n,
    command,
    createdAt: 0,
    state: 'pending',
    owner: 't',
  };
}

function cursors(stream: string, seq: number | null, epoch?: string): Changes {
  return {
    ...(epoch !== undefined && { epoch }),
    cursors: new Map([[stream as StreamId, seq as Seq | null]]),
    messages: [],
    windows: new Map(),
    conversations: new Map(),
  };
}

/** A step of a program, and the data stored after it. */
type Step =
  | { kind: 'put'; n: number }
  | { kind: 'remove'; n: number }
  | { kind: 'cursor'; stream: string; seq: number | null }
  | { kind: 'epoch'; epoch: string };

const aStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), n: fc.nat(5) }),
  fc.record({ kind: fc.constant('remove' as const), n: fc.nat(5) }),
  fc.record({
    kind: fc.constant('cursor' as const),
    stream: fc.constantFrom('a', 'b'),
    seq: fc.option(fc.nat(100)),
  }),
  fc.record({ kind: fc.constant('epoch' as const), epoch: fc.constantFrom('e1', 'e2') }),
);

function carryOut(store: FileStore, step: Step): Promise<void> {
  if (step.kind === 'put') return store.putOutbox(entry(step.n, `ü${step.n}\n`));
  if (step.kind === 'remove') return store.removeOutbox(`id-${step.n}` as ClientId);
  if (step.kind === 'cursor') return store.apply(cursors(step.stream, step.seq));
  return store.apply({ ...cursors('c', 1, step.epoch) });
}

/** What is stored, as text for comparison. */
async function contents(from: string): Promise<string> {
  const store = new FileStore(from);
  const { epoch, cursors: kept, outbox } = await store.open(ACCOUNT);
  await store.close();
  return JSON.stringify({ epoch, cursors: [...kept].sort(), outbox: outbox.map((e) => e.id) });
}

describe('the file store', () => {
  test('restores its contents wherever a crash has cut the journal', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aStep, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        async (steps, cuts) => {
          rmSync(folder, { recursive: true, force: true });
          const store = new FileStore(folder);
          await store.open(ACCOUNT);
          /** The length of the journal after each step, and the contents at that point. */
          const states: { bytes: number; kept: string }[] = [];
          const model = new FileStore(join(folder, 'model'));
          await model.open(ACCOUNT);
          await model.close();
          states.push({ bytes: 0, kept: await contents(join(folder, 'model')) });
          for (const step of steps) {
            await carryOut(store, step);
            const bytes = statSync(journal()).size;
            mkdirSync(join(folder, 'copy', ACCOUNT), { recursive: true });
            copyFileSync(journal(), join(folder, 'copy', ACCOUNT, 'journal'));
            states.push({ bytes, kept: await contents(join(folder, 'copy')) });
          }
          await store.close();
          const whole = readFileSync(journal());
          for (const n of cuts) {
            const at = n % (whole.length + 1);
            writeFileSync(join(folder, 'copy', ACCOUNT, 'journal'), whole.subarray(0, at));
            const expected = states.findLast((state) => state.bytes <= at)?.kept;
            expect(await contents(join(folder, 'copy'))).toBe(expected);
            // Cut off once: reopening gives the same contents.
            expect(await contents(join(folder, 'copy'))).toBe(expected);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  test('keeps what it confirms', async () => {
    const store = new FileStore(folder);
    await store.open(ACCOUNT);
    await store.apply(cursors('s', 1, 'e1'));
    await Promise.all([
      store.putOutbox(entry(2)),
      store.putOutbox(entry(1)),
      store.putOutbox(entry(3)),
    ]);
    await store.removeOutbox('id-3' as ClientId);
    await store.apply(cursors('s', 7));
    await store.apply(cursors('gone', 7));
    await store.apply(cursors('gone', null));
    await store.close();
    const again = new FileStore(folder);
    const saved = await again.open(ACCOUNT);
    expect(saved.epoch).toBe('e1');
    expect([...saved.cursors]).toEqual([['s', 7]]);
    expect(saved.outbox).toEqual([entry(1), entry(2)]);
    expect(await again.outbox()).toEqual([entry(1), entry(2)]);
    await again.apply(cursors('t', 1, 'e2'));
    await again.close();
    expect(await contents(folder)).toBe(
      JSON.stringify({ epoch: 'e2', cursors: [['t', 1]], outbox: ['id-1', 'id-2'] }),
    );
  });

  test('reads the journal of an earlier version', async () => {
    mkdirSync(join(folder, ACCOUNT), { recursive: true });
    // Eight digits are the FNV-1a of the text.
    writeFileSync(journal(), 'a73a3ee2 {"epoch":"e","cursors":[["s",7]]}\n');
    expect(await contents(folder)).toBe(
      JSON.stringify({ epoch: 'e', cursors: [['s', 7]], outbox: [] }),
    );
  });

  test('cuts off what follows a damaged line', async () => {
    const store = new FileStore(folder);
    await store.open(ACCOUNT);
    await store.putOutbox(entry(1, 'whole'));
    const good = statSync(journal()).size;
    await store.putOutbox(entry(2, 'to be damaged'));
    await store.close();
    const data = readFileSync(journal());
    data[good + 40] = (data[good + 40] ?? 0) ^ 1;
    writeFileSync(journal(), data);
    expect(await contents(folder)).toContain('"outbox":["id-1"]');
    expect(statSync(journal()).size).toBe(good);
  });

  test('waits until a command is on the disk, also if a cursor is stored with it', async () => {
    const store = new FileStore(folder);
    await store.open(ACCOUNT);
    const probe = await open(journal(), 'r');
    const sync = vi.spyOn(Object.getPrototypeOf(probe), 'datasync');
    await probe.close();
    await store.apply(cursors('a', 1));
    expect(sync).not.toHaveBeenCalled();
    await Promise.all([store.putOutbox(entry(1)), store.apply(cursors('a', 2))]);
    expect(sync).toHaveBeenCalledTimes(1);
    sync.mockRestore();
    await store.close();
  });

  test('rewrites its journal when it has grown, without losing anything', async () => {
    const store = new FileStore(folder);
    mkdirSync(join(folder, ACCOUNT));
    // Left by a process that was killed while it rewrote the journal.
    writeFileSync(`${journal()}.new`, 'half a line');
    await store.open(ACCOUNT);
    expect(existsSync(`${journal()}.new`)).toBe(false);
    await store.putOutbox(entry(1, 'kept'));
    const body = 'x'.repeat(100_000);
    for (let n = 2; n < 40; n++) {
      await store.putOutbox(entry(n, body));
      await store.removeOutbox(`id-${n}` as ClientId);
    }
    expect(statSync(journal()).size).toBeLessThan(1_300_000);
    // Not again for each record.
    const { ino } = statSync(journal());
    await store.putOutbox(entry(50, 'last'));
    expect(statSync(journal()).ino).toBe(ino);
    await store.close();
    expect(await contents(folder)).toContain('"outbox":["id-1","id-50"]');
  });

  test('is readable by its owner only', async () => {
    const store = new FileStore(join(folder, 'made'));
    await store.open(ACCOUNT);
    await store.putOutbox(entry(1));
    expect(statSync(join(folder, 'made', ACCOUNT)).mode & 0o077).toBe(0);
    expect(statSync(join(folder, 'made', ACCOUNT, 'journal')).mode & 0o077).toBe(0);
    await store.close();
  });

  test('leaves nothing behind when cleared', async () => {
    const store = new FileStore(folder);
    await store.open(ACCOUNT);
    await store.putOutbox(entry(1));
    await store.clear();
    await store.close();
    expect(await contents(folder)).toContain('"outbox":[]');
  });

  test('rejects what it cannot store', async () => {
    const store = new FileStore(folder);
    await store.open(ACCOUNT);
    await store.close();
    await expect(store.putOutbox(entry(1))).rejects.toThrow('not open');
  });
});

describe('the lock of a store', () => {
  const lock = () => join(folder, ACCOUNT, 'lock');

  test('excludes a second process until it is closed', async () => {
    const first = new FileStore(folder);
    await first.open(ACCOUNT);
    await expect(new FileStore(folder).open(ACCOUNT)).rejects.toThrow('held');
    expect(JSON.parse(readFileSync(lock(), 'utf8'))).toMatchObject({ pid: process.pid });
    await first.close();
    expect(existsSync(lock())).toBe(false);
    const second = new FileStore(folder);
    await second.open(ACCOUNT);
    await second.close();
  });

  test('is respected while another process holds it', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await new Promise((resolve) => other.once('spawn', resolve));
    mkdirSync(join(folder, ACCOUNT), { recursive: true });
    const stat = readFileSync(`/proc/${other.pid}/stat`, 'utf8');
    const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    writeFileSync(lock(), JSON.stringify({ pid: other.pid, startedAt }));
    const refused = new FileStore(folder);
    await expect(refused.open(ACCOUNT)).rejects.toThrow(`process ${other.pid}`);
    await refused.clear();
    expect(existsSync(lock())).toBe(true);
    const ended = new Promise((resolve) => other.once('exit', (_, signal) => resolve(signal)));
    other.kill('SIGKILL');
    // And not by checking whether it is running.
    expect(await ended).toBe('SIGKILL');
    const store = new FileStore(folder);
    await store.open(ACCOUNT);
    await store.close();
  });

  test.each([
    ['a reused process id', JSON.stringify({ pid: 1, startedAt: 'another time' })],
    [
      'the own process id, from before a restart',
      JSON.stringify({ pid: process.pid, startedAt: '1' }),
    ],
    ['no process, because its creator was killed', ''],
  ])('that names %s is taken over', async (_, text) => {
    mkdirSync(join(folder, ACCOUNT), { recursive: true });
    writeFileSync(lock(), text);
    const store = new FileStore(folder);
    await store.open(ACCOUNT);
    await store.close();
  });
});

describe('a derived id', () => {
  test('is a UUIDv8 that is the same for the same parts, and different for others', () => {
    const id = derivedId('c', 7);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    // Fixed forever, so that an answer of an earlier version is found again.
    expect(id).toBe('4dc8fefc-4e2b-89f4-8898-d3241a98da11');
    const others = [
      derivedId('c', 8),
      derivedId('d', 7),
      derivedId('c7'),
      derivedId('c', '7'),
      derivedId('c', 7, ''),
    ];
    expect(new Set([id, ...others]).size).toBe(6);
  });
});

describe('a session file', () => {
  test('keeps the latest token for the next start, readable by its owner only', () => {
    const path = join(folder, 'session');
    const first = sessionFile(path);
    expect(first.sessionToken).toBeUndefined();
    first.onSessionToken('one');
    first.onSessionToken('two');
    expect(sessionFile(path).sessionToken).toBe('two');
    expect(statSync(path).mode & 0o077).toBe(0);
    first.onSessionToken(undefined);
    expect(sessionFile(path).sessionToken).toBeUndefined();
  });
});

describe('opening, clearing and closing', () => {
  test('happen one after the other, in the order of the calls', async () => {
    const store = new FileStore(folder);
    await store.open(ACCOUNT);
    await store.putOutbox(entry(1));
    const [, saved] = await Promise.all([store.clear(), store.open(ACCOUNT)]);
    expect(saved.outbox).toEqual([]);
    await store.putOutbox(entry(2));
    await Promise.all([store.close(), store.open(ACCOUNT)]);
    await store.putOutbox(entry(3));
    await store.close();
    expect(JSON.parse(await contents(folder))).toMatchObject({ outbox: ['id-2', 'id-3'] });
  });

  test('a close that comes while the store is opening closes it', async () => {
    const store = new FileStore(folder);
    await Promise.all([store.open(ACCOUNT), store.close()]);
    await expect(store.putOutbox(entry(1))).rejects.toThrow('not open');
    // Its lock is released.
    await contents(folder);
  });

  test('opening again closes what was open', async () => {
    const store = new FileStore(folder);
    await store.open(ACCOUNT);
    await store.putOutbox(entry(1));
    await store.open('other' as AccountId);
    expect(JSON.parse(await contents(folder))).toMatchObject({ outbox: ['id-1'] });
    await store.close();
  });
});
