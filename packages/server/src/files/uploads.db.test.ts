import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { AccountId, FileId } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import { until } from '../../test/support/sink.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import type { Database } from '../storage/database.ts';
import { FREE_MIN } from './disk-space.ts';
import { FolderStore } from './folder-store.ts';
import { nullIfMissing } from './missing.ts';
import { OrphanSweeper } from './orphans.ts';
import type { PartSource } from './upload-parts.ts';
import { Uploads } from './uploads.ts';

const MIB = 1024 * 1024;
const DAY = 24 * 60 * 60 * 1000;
const log = testLog;
const clock = { now: () => Date.now() };

let cluster: TestCluster;
let database: Database;
let dataDir: string;
let store: FolderStore;
let account: AccountId;
/** The simulated free bytes of the disk. */
let free: number;

beforeAll(async () => {
  cluster = await startTestCluster();
  database = await (await cluster.fresh()).open({ pipelined: false });
});
afterAll(async () => {
  await cluster.stop();
});
beforeEach(async () => {
  await database.pool.query('delete from uploads');
  dataDir = makeTempDir('uploads');
  mkdirSync(join(dataDir, 'uploads'));
  mkdirSync(join(dataDir, 'files'));
  store = new FolderStore(join(dataDir, 'files'));
  account = uuidv7() as AccountId;
  free = 1_000_000 * MIB;
  return () => rmSync(dataDir, { recursive: true, force: true });
});

/** A node with the data folder. */
const node = (server = 0) =>
  new Uploads({
    pool: database.pool,
    store,
    clock,
    log,
    quotas: { file: 0, account: 0, server },
    dir: join(dataDir, 'uploads'),
    freeBytes: async () => free,
  });
const bodyOf = (bytes: Uint8Array) => {
  let rest = Buffer.from(bytes);
  const source: PartSource = {
    next: async (max) => {
      if (rest.length === 0) return null;
      const piece = rest.subarray(0, max);
      rest = rest.subarray(max);
      return piece;
    },
  };
  return { source, stop: () => undefined };
};
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const folderOf = (id: FileId) => join(dataDir, 'uploads', id);
/** The parts of an upload; none once its folder is removed. */
const partsOf = (id: FileId): string[] => {
  try {
    return readdirSync(folderOf(id));
  } catch (error) {
    return nullIfMissing(error) ?? [];
  }
};
const rowOf = async (id: FileId) =>
  (
    await database.pool.query<{ received: number; parts: string[] }>(
      'select received, parts from uploads where id = $1',
      [id],
    )
  ).rows[0];
const contentOf = (bytes: Uint8Array) => readFileSync(store.pathOf(digestOf(bytes)));
const code = (name: string) =>
  expect.objectContaining({ refusal: expect.objectContaining({ code: name }) });

/** Leaves an upload in the state after a crash, with its last part recorded. */
async function complete(uploads: Uploads, bytes: Uint8Array, pieces = 2): Promise<FileId> {
  const { id } = await uploads.create(account, { name: 'a', bytes: bytes.length });
  const parts: string[] = [];
  const size = Math.ceil(bytes.length / pieces);
  for (let n = 0; n < pieces; n++) {
    parts.push(`part-${n}`);
    writeFileSync(join(folderOf(id), `part-${n}`), bytes.subarray(n * size, (n + 1) * size));
  }
  await database.pool.query('update uploads set received = bytes, parts = $2 where id = $1', [
    id,
    parts,
  ]);
  return id;
}

test('the quota of the server counts each content once, with previews, images and uploads', async () => {
  await database.pool.query('delete from files');
  await database.pool.query(
    `insert into files (id, digest, bytes, preview_digest, preview_bytes, width, height, blurhash,
       name, media_type, uploader_id, created_at)
     select gen_random_uuid(), sha256('same'), 10000, sha256('preview'), 1000, 1, 1, '',
       'a', 'image/png', $1, now() from generate_series(1, 2)`,
    [account],
  );
  await database.pool.query(
    `insert into images (id, digest, bytes, small_digest, small_bytes, created_by, created_at)
     values (gen_random_uuid(), sha256('image'), 5000, sha256('small'), 500, $1, now())`,
    [account],
  );
  const file = { name: 'a', bytes: 6_000 };
  const total = 10_000 + 1_000 + 5_000 + 500 + file.bytes;
  const full = code('server_quota_exceeded');
  await expect(node(total - 1).create(account, file)).rejects.toEqual(full);
  await node(total).create(account, file);
  await expect(node(total + file.bytes - 1).create(account, file)).rejects.toEqual(full);
  await node(total + file.bytes).create(account, file);
  await database.pool.query('delete from files');
  await database.pool.query('delete from images');
});

test('an upload whose folder cannot be created is not started', async () => {
  const uploads = node();
  rmSync(join(dataDir, 'uploads'), { recursive: true });
  await expect(uploads.create(account, { name: 'a', bytes: 1 })).rejects.toThrow('ENOENT');
  expect((await database.pool.query('select from uploads')).rows).toEqual([]);
});

describe('a complete upload', () => {
  test('is finished once, however many ask for it', async () => {
    const bytes = randomBytes(4 * MIB);
    const uploads = node();
    const id = await complete(uploads, bytes);
    let copies = 0;
    let asking = true;
    const watch = (async () => {
      while (asking) {
        copies = Math.max(copies, partsOf(id).filter((name) => name.startsWith('whole-')).length);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const states = await Promise.all(Array.from({ length: 40 }, () => uploads.state(account, id)));
    asking = false;
    await watch;
    expect(states.every((state) => state.received === bytes.length)).toBe(true);
    expect(copies).toBeLessThanOrEqual(1);
    expect(contentOf(bytes).equals(bytes)).toBe(true);
    expect(existsSync(folderOf(id))).toBe(false);
  });

  test('is finished by one of two nodes, and both confirm it', async () => {
    const bytes = randomBytes(2 * MIB);
    const [one, two] = [node(), node()];
    for (const pieces of [1, 2, 5]) {
      const id = await complete(one, bytes, pieces);
      const empty = bodyOf(Buffer.alloc(0));
      const states = await Promise.all([
        one.state(account, id),
        two.append(account, id, bytes.length, empty),
      ]);
      expect(states.map((state) => state.received)).toEqual([bytes.length, bytes.length]);
      expect(await rowOf(id)).toBeUndefined();
    }
  });

  test('is not copied to a full disk, and is finished when space is freed', async () => {
    const bytes = randomBytes(MIB);
    const uploads = node();
    const id = await complete(uploads, bytes);
    free = FREE_MIN + MIB - 1;
    await expect(uploads.state(account, id)).rejects.toEqual(code('disk_full'));
    expect(partsOf(id).sort()).toEqual(['part-0', 'part-1']);
    free = FREE_MIN + MIB;
    expect((await uploads.state(account, id)).received).toBe(bytes.length);
    expect(contentOf(bytes).equals(bytes)).toBe(true);
  });

  test('is not created from too many bytes, which leave nothing behind', async () => {
    const uploads = node();
    const bytes = randomBytes(1_000);
    const { id } = await uploads.create(account, { name: 'a', bytes: bytes.length });
    const more = bodyOf(Buffer.concat([bytes, Buffer.from('x')]));
    await expect(uploads.append(account, id, 0, more)).rejects.toEqual(code('too_large'));
    expect([await rowOf(id), partsOf(id)]).toEqual([{ received: 0, parts: [] }, []]);
    const state = await uploads.append(account, id, 0, bodyOf(bytes));
    expect(state.received).toBe(bytes.length);
  });

  test.each([
    ['missing', (path: string) => rmSync(path)],
    ['incomplete', (path: string) => truncateSync(path, 1)],
  ])('of which a part is %s must be sent again', async (_, damage) => {
    const uploads = node();
    const id = await complete(uploads, randomBytes(1_000));
    damage(join(folderOf(id), 'part-1'));
    await expect(uploads.state(account, id)).rejects.toEqual(code('upload_not_found'));
    expect([await rowOf(id), existsSync(folderOf(id))]).toEqual([undefined, false]);
  });
});

describe('an upload', () => {
  test('has one writer at a time, and keeps no part of the others', async () => {
    const uploads = node();
    const { id } = await uploads.create(account, { name: 'a', bytes: 100 });
    let active = 0;
    let most = 0;
    /** Sends one byte, and then nothing until it is stopped. */
    const stalled = () => {
      let sent = false;
      let stop = (): void => undefined;
      const stopped = new Promise<null>((resolve) => {
        stop = () => resolve(null);
      });
      const next = async () => {
        if (sent) {
          await stopped;
          active--;
          return null;
        }
        sent = true;
        active++;
        most = Math.max(most, active);
        return Buffer.from('a');
      };
      return { source: { next }, stop };
    };
    const first = uploads.append(account, id, 0, stalled());
    await until(() => active === 1, 'the first writer');
    // Only its owner can end its writer.
    const other = uuidv7() as AccountId;
    await expect(uploads.state(other, id)).rejects.toEqual(code('upload_not_found'));
    await expect(uploads.append(other, id, 1, bodyOf(Buffer.from('a')))).rejects.toEqual(
      code('upload_not_found'),
    );
    expect(active).toBe(1);
    const others = Array.from({ length: 8 }, () =>
      uploads.append(account, id, 1, stalled()).then(
        () => 'written',
        (error: { refusal?: { code?: string } }) => error.refusal?.code,
      ),
    );
    expect((await first).received).toBe(1);
    await uploads.state(account, id);
    const outcomes = new Set(await Promise.all(others));
    expect(most).toBe(1);
    expect(outcomes).toContain('written');
    for (const outcome of outcomes) {
      expect(['overloaded', 'upload_conflict', 'written']).toContain(outcome);
    }
    expect(partsOf(id).sort()).toEqual((await rowOf(id))?.parts.sort());
  });

  test('has the bytes of one of two nodes that receive the same, and not too many parts', async () => {
    const bytes = randomBytes(100);
    const half = bytes.subarray(0, 50);
    const [one, two] = [node(), node()];
    const { id } = await one.create(account, { name: 'a', bytes: bytes.length });
    let isSent = false;
    const source: PartSource = {
      next: async () => {
        if (isSent) {
          // The other node records them first.
          await two.append(account, id, 0, bodyOf(half));
          return null;
        }
        isSent = true;
        return half;
      },
    };
    await expect(one.append(account, id, 0, { source, stop: () => undefined })).rejects.toEqual(
      code('upload_conflict'),
    );
    expect(await rowOf(id)).toEqual({ received: 50, parts: partsOf(id) });
    const parts = partsOf(id);
    await database.pool.query(
      `update uploads set parts = array_fill('x'::text, array[2000]) where id = $1`,
      [id],
    );
    const rest = () => bodyOf(bytes.subarray(50));
    await expect(one.append(account, id, 50, rest())).rejects.toEqual(code('upload_conflict'));
    await database.pool.query('update uploads set parts = $2 where id = $1', [id, parts]);
    await one.append(account, id, 50, rest());
    expect(contentOf(bytes).equals(bytes)).toBe(true);
  });

  test('that was canceled cannot be written to, even by a node that has not noticed', async () => {
    const [one, two] = [node(), node()];
    const { id } = await one.create(account, { name: 'a', bytes: 100 });
    const source: PartSource = {
      next: async () => {
        if (existsSync(folderOf(id))) {
          await two.cancel(account, id);
          return Buffer.from('a');
        }
        return null;
      },
    };
    await expect(one.append(account, id, 0, { source, stop: () => undefined })).rejects.toEqual(
      code('upload_not_found'),
    );
    expect(existsSync(folderOf(id))).toBe(false);
    await expect(one.append(account, id, 0, bodyOf(Buffer.from('a')))).rejects.toEqual(
      code('upload_not_found'),
    );
    expect(existsSync(folderOf(id))).toBe(false);
  });

  test('leaves enough free space, also for uploads in progress', async () => {
    const uploads = node();
    free = FREE_MIN + 25 * MIB;
    const { id } = await uploads.create(account, { name: 'a', bytes: 10 * MIB });
    const second = { name: 'b', bytes: 10 * MIB };
    await expect(uploads.create(account, second)).rejects.toEqual(code('disk_full'));
    free = FREE_MIN + 30 * MIB;
    await uploads.create(account, second);
    // Another program has used the space.
    free = FREE_MIN + 8 * MIB - 1;
    const bytes = randomBytes(10 * MIB);
    await expect(uploads.append(account, id, 0, bodyOf(bytes))).rejects.toEqual(code('disk_full'));
    expect([await rowOf(id), partsOf(id)]).toEqual([{ received: 0, parts: [] }, []]);
    free = FREE_MIN + 10 * MIB;
    expect((await uploads.append(account, id, 0, bodyOf(bytes))).received).toBe(bytes.length);
  });
});

describe('files left by killed processes', () => {
  test('are removed after a day, except what a row refers to', async () => {
    const uploads = node();
    const old = new Date(Date.now() - 2 * DAY);
    const age = (path: string) => utimesSync(path, old, old);
    const { id: kept } = await uploads.create(account, { name: 'a', bytes: 10 });
    age(folderOf(kept));
    const [left, young] = [uuidv7() as FileId, uuidv7() as FileId];
    for (const id of [left, young]) {
      mkdirSync(folderOf(id));
      writeFileSync(join(folderOf(id), 'whole-1'), 'x');
    }
    age(folderOf(left));
    const [orphan, fresh, used] = [randomBytes(100), randomBytes(100), randomBytes(100)];
    const draft = join(dataDir, 'draft');
    for (const bytes of [orphan, fresh]) {
      writeFileSync(draft, bytes);
      await store.put(digestOf(bytes), draft);
      rmSync(draft);
    }
    age(store.pathOf(digestOf(orphan)));
    const { id } = await uploads.create(account, { name: 'a', bytes: 100 });
    await uploads.append(account, id, 0, bodyOf(used));
    age(store.pathOf(digestOf(used)));
    const deps = { pool: database.pool, store, uploads, log };
    await new OrphanSweeper({ ...deps, clock }).sweep();
    expect(readdirSync(join(dataDir, 'uploads')).sort()).toEqual([kept, young].sort());
    const there = [orphan, fresh, used].map((bytes) => existsSync(store.pathOf(digestOf(bytes))));
    expect(there).toEqual([false, true, true]);
    // Also in a folder with thousands of others, which are not read into memory.
    const many = Array.from({ length: 10_000 }, (_, n) => String(n).padStart(64, '0'));
    const crowded = join(dataDir, 'files', '00', '00');
    mkdirSync(crowded, { recursive: true });
    for (const digest of many) writeFileSync(join(crowded, digest), '');
    age(join(crowded, many[7_000] as string));
    await new OrphanSweeper({ ...deps, clock }).sweep();
    expect(readdirSync(crowded)).toHaveLength(many.length - 1);
    rmSync(crowded, { recursive: true });
    // A copy that was staged when the process was killed.
    writeFileSync(draft, 'x');
    await store.stage('d'.repeat(64), draft);
    const staging = () => readdirSync(join(dataDir, 'files', 'staging'));
    await new OrphanSweeper({ ...deps, clock }).sweep();
    expect(staging()).toHaveLength(1);
    await new OrphanSweeper({ ...deps, clock: { now: () => Date.now() + 2 * DAY } }).sweep();
    expect(staging()).toEqual([]);
  });
});
