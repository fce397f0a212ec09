import { deflateSync } from 'node:zlib';
import { AccountApi } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import type { Pool } from 'pg';
import { group, type User, users } from '../load/setup.ts';
import { corpus } from '../search/corpus.ts';
import { insertMessages } from '../search/insert.ts';

/** Conversations of the account in many; those of the other one. */
const MANY = 1_000;
const FEW = 20;
/** Groups that the switching measurement opens, with so many messages each. */
const VISITED = 8;
const VISITED_MESSAGES = 60;
/** Messages of the group that is scrolled, and the last ones of them, which have images. */
const LONG = 100_000;
const BATCH = 5_000;
const IMAGES = 12;

/** An account with which a browser logs in. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** What the measurements find on the server. */
export interface Contents {
  /** In 1,000 groups, and in 20. */
  readonly many: Login;
  readonly few: Login;
  /** Posts what arrives. */
  readonly sender: Login;
  readonly groups: readonly ConversationId[];
  /** Groups of which the account in many has more messages than are shown at once. */
  readonly visited: readonly { id: ConversationId; name: string }[];
  /** A group of 100,000 messages; the last ones have images. */
  readonly long: ConversationId;
}

/** Fills a server. No client may be connected to it: the long group is inserted into its database. */
export async function fill(url: string, pool: Pool): Promise<Contents> {
  const [sender, many, few] = (await users(url, 3)) as [User, User, User];
  for (const { api } of [many, few]) await new AccountApi(api).update({ isTourEnded: true });
  const groups: ConversationId[] = [];
  for (let n = 0; n < MANY; n++) {
    const members = n < FEW ? [sender, many, few] : [sender, many];
    groups.push((await group(nameOf(n), members)) as ConversationId);
  }
  const bodies = [...corpus(VISITED * VISITED_MESSAGES, [])].map(({ body }) => body);
  await inParallel(groups, async (id, n) => {
    const count = n < VISITED ? VISITED_MESSAGES : 1;
    for (let m = 0; m < count; m++) {
      await sender.api.post(id, bodies[(n * VISITED_MESSAGES + m) % bodies.length] as string);
    }
  });
  const long = (await group('A long history', [sender, many])) as ConversationId;
  await insertLong(pool, long, [sender, many]);
  for (let n = 0; n < IMAGES; n++) {
    const file = new Blob([png(640, 480, n)], { type: 'image/png' });
    const { id } = await sender.api.upload(file, { name: `image-${n}.png` });
    await sender.api.post(long, `An image, ${n + 1}`, { attachments: [id] });
    for (let m = 0; m < 3; m++) await sender.api.post(long, bodies[n * 3 + m] as string);
  }
  for (const { api } of [many, few, sender]) await api.readAll();
  return {
    many: loginOf(1),
    few: loginOf(2),
    sender: loginOf(0),
    groups,
    visited: groups.slice(0, VISITED).map((id, n) => ({ id, name: nameOf(n) })),
    long,
  };
}

/** The names begin differently, as those of people's groups do. */
const nameOf = (n: number): string => {
  const first = ['Design', 'Support', 'Release', 'Hiring', 'Travel', 'Lunch', 'Backend'][n % 7];
  return `${first} ${String(n).padStart(4, '0')}`;
};

/** The accounts that {@link users} registers. */
const loginOf = (n: number): Login => ({
  username: `load-${n}`,
  password: `a password for load ${n}`,
});

async function inParallel<T>(
  items: readonly T[],
  run: (item: T, n: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let n = next++; n < items.length; n = next++) await run(items[n] as T, n);
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

async function insertLong(pool: Pool, id: ConversationId, authors: readonly User[]): Promise<void> {
  const { rows } = await pool.query<{ seq: string }>(
    'select last_seq as seq from streams where id = $1',
    [id],
  );
  let seq = Number(rows[0]?.seq);
  const messages = [...corpus(LONG, [])].map(({ body, at, author }) => ({
    id,
    seq: ++seq,
    body,
    at,
    author: author % authors.length,
  }));
  for (let n = 0; n < LONG; n += BATCH) {
    await insertMessages(pool, messages.slice(n, n + BATCH), authors);
  }
  await pool.query('update streams set last_seq = $2 where id = $1', [id, seq]);
}

/** Returns a PNG of noise, which takes a while to load and to decode. */
function png(width: number, height: number, seed: number): Uint8Array<ArrayBuffer> {
  const raw = Buffer.alloc((width * 3 + 1) * height);
  for (let n = 0; n < raw.length; n++) raw[n] = (n * (seed + 3) * 31 + (n >> 7)) & 0xff;
  for (let y = 0; y < height; y++) raw[y * (width * 3 + 1)] = 0;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits a channel, red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  return new Uint8Array(
    Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(raw)),
      chunk('IEND', Buffer.alloc(0)),
    ]),
  );
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** The checksum of PNG; zlib.crc32 needs a later Node. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
