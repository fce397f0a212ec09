import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ConversationId, Seq } from '@parley/protocol';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { call, startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { examine } from '../doctor/doctor.ts';
import { folderStoreOf } from '../files/file-stores.ts';
import { exportOf } from '../own-data/export.ts';
import { systemClock } from '../runtime/clock.ts';
import { LinkCache } from './cache.ts';

let cluster: TestCluster;
let server: TestServer;
let site: Server;
let base: string;
let dataDir: string;
let ann: User;
let ben: User;
let eve: User;
let group: ConversationId;
let requests: string[] = [];
/** Answers that wait until a test lets them go. */
const held: (() => void)[] = [];
const pages = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();

beforeAll(async () => {
  site = createServer((request, response) => {
    requests.push(request.url ?? '');
    const page = pages.get(request.url ?? '');
    if (page) page(request, response);
    else response.writeHead(404).end();
  });
  site.listen(0, '0.0.0.0');
  await once(site, 'listening');
  const { port } = site.address() as AddressInfo;
  base = `http://127.0.0.1:${port}`;
  cluster = await startTestCluster();
  dataDir = makeTempDir('link-previews');
  server = await startTestServer(cluster, {
    PARLEY_DATA: dataDir,
    LINK_PREVIEWS: '',
    LINK_PREVIEW_NETWORKS: '127.0.0.1, 127.0.0.3',
    LINK_PREVIEW_PORTS: String(port),
  });
  [ann, ben, eve] = [
    await server.register('ann'),
    await server.register('ben'),
    await server.register('eve'),
  ];
  group = await ann.group('links', [ben]);
});
afterAll(async () => {
  site.closeAllConnections();
  site.close();
  await server.stop();
  await cluster.stop();
  rmSync(dataDir, { recursive: true, force: true });
});
afterEach(() => {
  requests = [];
  for (const go of held.splice(0)) go();
});

let pageCount = 0;
/** Adds a page to the site, and returns its address. */
function aPage(title: string, options: { image?: Buffer; hold?: boolean } = {}): string {
  const path = `/page${++pageCount}`;
  const { image, hold } = options;
  if (image) {
    pages.set(`${path}.png`, (_request, response) =>
      response.writeHead(200, { 'content-type': 'image/png' }).end(image),
    );
  }
  const head = `<title>${title}</title>${image ? `<meta property=og:image content=${path}.png>` : ''}`;
  pages.set(path, (_request, response) => {
    const answer = () => response.writeHead(200, { 'content-type': 'text/html' }).end(head);
    if (hold) held.push(answer);
    else answer();
  });
  return `${base}${path}`;
}

const anImage = (red: number, width = 64, height = 32) =>
  sharp({ create: { width, height, channels: 3, background: { r: red, g: 0, b: 0 } } })
    .png()
    .toBuffer();
const path = (seq: Seq, rest = '') => `/conversations/${group}/messages/${seq}${rest}`;
const messageOf = async (seq: Seq, user = ann) => (await user.request('GET', path(seq))).body;
const titlesOf = async (seq: Seq) =>
  (await messageOf(seq)).previews.map((preview: { title: string }) => preview.title);
const shows = (seq: Seq, ...titles: string[]) => expect.poll(() => titlesOf(seq)).toEqual(titles);
const edit = (seq: Seq, body: string) => ann.request('PATCH', path(seq), { body });
const count = async (sql: string) => Number((await server.rows(sql))[0]?.n);
const jobs = () => count('select count(*) as n from link_jobs');
const isIdle = () => expect.poll(jobs).toBe(0);
/** All text of the log of the group. */
const logged = async () =>
  JSON.stringify(
    await server.rows(`select data, type from events where stream_id = '${group}' order by seq`),
  );

test('a message gets previews of its links, for all who can read it', async () => {
  const peer = server.peer();
  await peer.hello(ben.accessToken);
  const first = aPage('First page', { image: await anImage(10) });
  const code = aPage('In code');
  const links = [1, 2, 3, 4, 5].map((n) => aPage(`Page ${n}`));
  const seq = await ann.post(group, `See ${first} and \`${code}\` and ${links.join(' ')}`);
  await shows(seq, 'First page', 'Page 1', 'Page 2', 'Page 3', 'Page 4');
  const [preview] = (await messageOf(seq, ben)).previews;
  expect(preview).toMatchObject({
    url: first,
    title: 'First page',
    image: { mediaType: 'image/webp', width: 64, height: 32 },
  });
  // Encoded by this server, and sent by it.
  const image = await fetch(`${server.url}/api/v1/files/${preview.image.id}/preview`, {
    headers: { authorization: `Bearer ${ben.accessToken}` },
  });
  expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/webp']);
  const { format, width } = await sharp(Buffer.from(await image.arrayBuffer())).metadata();
  expect([format, width]).toEqual(['webp', 64]);
  expect((await eve.request('GET', `/files/${preview.image.id}`)).status).toBe(404);
  await expect
    .poll(() => peer.frames.filter((f) => f.op === 'event' && f.type === 'message.previewed'))
    .toMatchObject([
      { data: { message: seq, previews: [{ title: 'First page' }, {}, {}, {}, {}] } },
    ]);
  expect(requests).not.toContain(new URL(code).pathname);
  expect(requests).not.toContain(new URL(links[4] as string).pathname);
  await isIdle();
});

test('an author with slow pages delays no one else', async () => {
  for (let n = 0; n < 10; n++) await ann.post(group, aPage(`Slow page ${n}`, { hold: true }));
  await expect.poll(() => held.length).toBe(2);
  // Of another host: only two pages of one are fetched at a time.
  const url = aPage('Quick page').replace('127.0.0.1', '127.0.0.3');
  await shows(await ben.post(group, url), 'Quick page');
  expect(await count('select count(*) as n from link_jobs where attempts > 0')).toBeLessThanOrEqual(
    3,
  );
  const jobsLeft = () => {
    for (const go of held.splice(0)) go();
    return jobs();
  };
  await expect.poll(jobsLeft).toBe(0);
});

test('images are small and do not move', async () => {
  const frames = await Promise.all([1, 2].map((n) => anImage(n * 99, 900, 600)));
  const moving = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  const seq = await ann.post(group, aPage('Moving page', { image: moving }));
  await shows(seq, 'Moving page');
  const [{ image }] = (await messageOf(seq)).previews;
  const response = await fetch(`${server.url}/api/v1/files/${image.id}/preview`, {
    headers: { authorization: `Bearer ${ann.accessToken}` },
  });
  const stored = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
  expect([stored.width, stored.height, stored.pages ?? 1]).toEqual([320, 213, 1]);
});

test('an event without previews is not written again', async () => {
  const url = aPage('Often edited');
  const seq = await ann.post(group, url);
  await shows(seq, 'Often edited');
  const versions = () =>
    server.rows(
      `select seq, xmin::text from events where stream_id = '${group}'
         and type = 'message.previewed' and data ->> 'message' = '${seq}' order by seq`,
    );
  await edit(seq, 'none');
  await edit(seq, url);
  await shows(seq, 'Often edited');
  await edit(seq, 'none');
  const before = await versions();
  expect(before).toHaveLength(4);
  await edit(seq, url);
  await shows(seq, 'Often edited');
  expect((await versions()).slice(0, 3)).toEqual(before.slice(0, 3));
});

test('a page is fetched once for many messages', async () => {
  const url = aPage('Popular', { hold: true });
  const first = await ann.post(group, url);
  await expect.poll(() => held.length).toBe(1);
  const second = await ben.post(group, url);
  for (const go of held.splice(0)) go();
  await shows(first, 'Popular');
  await shows(second, 'Popular');
  const third = await ann.post(group, url);
  await shows(third, 'Popular');
  expect(requests.filter((request) => url.endsWith(request))).toHaveLength(1);
});

test('a result is used for six hours, and one without a preview for ten minutes', async () => {
  const found = aPage('Found page');
  const path = `/nothing${pageCount}`;
  const none = `${base}${path}`;
  const fetched = () => requests.filter((request) => found.endsWith(request) || path === request);
  await server.pool.query('delete from link_cache');
  const seq = await ann.post(group, `${found} ${none}`);
  await shows(seq, 'Found page');
  await isIdle();
  const { rows } = await server.pool.query(
    `select preview is not null as "isFound", extract(epoch from expires_at - now())::int as seconds
     from link_cache order by 1`,
  );
  expect(rows.map(({ isFound }) => isFound)).toEqual([false, true]);
  expect(Math.abs(rows[0].seconds - 600)).toBeLessThan(60);
  expect(Math.abs(rows[1].seconds - 6 * 3_600)).toBeLessThan(60);
  await shows(await ann.post(group, `${found} ${none}`), 'Found page');
  await isIdle();
  expect(fetched()).toHaveLength(2);
  await server.pool.query('update link_cache set expires_at = now()');
  await shows(await ann.post(group, `${found} ${none}`), 'Found page');
  await isIdle();
  expect(fetched()).toHaveLength(4);
});

test('the links of one account that are fetched within a minute are limited', async () => {
  const max = await server.register('max');
  const own = await max.group('many links');
  const start = ++pageCount;
  // More than in two windows, because one may begin meanwhile.
  for (let n = 0; n < 26; n++) {
    const links = [1, 2, 3, 4, 5].map((k) => `${base}/many${start}-${n}-${k}`);
    await max.post(own, links.join(' '));
  }
  await isIdle();
  const fetched = requests.filter((request) => request.startsWith('/many')).length;
  expect(fetched).toBeGreaterThanOrEqual(60);
  expect(fetched).toBeLessThanOrEqual(120);
  // Those of other accounts are not.
  const url = aPage('Page of another account');
  await shows(await ben.post(group, url), 'Page of another account');
});

test('an edit keeps the previews of remaining links, and removes those of others from the log', async () => {
  const gone = aPage('Gone page', { image: await anImage(20) });
  const kept = aPage('Kept page');
  const added = aPage('Added page');
  const seq = await ann.post(group, `${gone} ${kept}`);
  await shows(seq, 'Gone page', 'Kept page');
  const [{ image }] = (await messageOf(seq)).previews;
  expect((await edit(seq, `${kept} ${added}`)).status).toBe(200);
  // At once, before anything is fetched.
  expect(await titlesOf(seq)).not.toContain('Gone page');
  await shows(seq, 'Kept page', 'Added page');
  expect(await logged()).not.toContain('Gone page');
  expect((await ann.request('GET', `/files/${image.id}`)).status).toBe(404);
  expect((await edit(seq, 'nothing')).status).toBe(200);
  await isIdle();
  expect(await titlesOf(seq)).toEqual([]);
  expect(await logged()).not.toContain('Added page');
});

test('what was fetched for an earlier text or a deleted message is not published', async () => {
  const late = aPage('Late page', { hold: true });
  const other = aPage('Other page');
  const edited = await ann.post(group, late);
  await expect.poll(() => held.length).toBe(1);
  const deleted = await ann.post(group, late);
  await edit(edited, other);
  await shows(edited, 'Other page');
  expect((await ann.request('DELETE', path(deleted))).status).toBe(200);
  for (const go of held.splice(0)) go();
  await isIdle();
  expect(await titlesOf(edited)).toEqual(['Other page']);
  expect((await messageOf(deleted)).previews).toEqual([]);
  expect(await logged()).not.toContain('Late page');
});

test('what was fetched for a message that is hidden meanwhile is not published', async () => {
  const seq = await ann.post(group, aPage('Page of a hidden link', { hold: true }));
  await expect.poll(() => held.length).toBe(1);
  expect((await ann.request('PUT', `${path(seq)}/hidden`)).status).toBe(200);
  for (const go of held.splice(0)) go();
  await isIdle();
  expect((await messageOf(seq)).previews).toEqual([]);
  expect(await logged()).not.toContain('Page of a hidden link');
});

test('what was fetched for a group that is archived meanwhile is not published', async () => {
  const seq = await ann.post(group, aPage('Page of an archived group', { hold: true }));
  await expect.poll(() => held.length).toBe(1);
  const change = (to: string) => ann.request('POST', `/conversations/${group}/${to}`);
  expect((await change('archive')).status).toBe(200);
  for (const go of held.splice(0)) go();
  await isIdle();
  expect((await messageOf(seq)).previews).toEqual([]);
  expect((await change('restore')).status).toBe(200);
});

test('a hidden message loses its preview, and gets one when it is shown again', async () => {
  const seq = await ann.post(group, aPage('Page to hide'));
  await shows(seq, 'Page to hide');
  expect((await ann.request('PUT', `${path(seq)}/hidden`)).status).toBe(200);
  expect((await messageOf(seq)).previews).toEqual([]);
  expect(await logged()).not.toContain('Page to hide');
  expect((await ann.request('DELETE', `${path(seq)}/hidden`)).status).toBe(200);
  await shows(seq, 'Page to hide');
});

test('a removed preview does not reappear when the message is hidden and shown again', async () => {
  const url = aPage('Page without preview');
  const other = aPage('Page with preview');
  const seq = await ann.post(group, `${url} ${other}`);
  await shows(seq, 'Page without preview', 'Page with preview');
  await ann.request('POST', path(seq, '/previews/remove'), { url });
  // The second time, the log has the link in an event of the first time.
  for (let times = 0; times < 2; times++) {
    expect((await ann.request('PUT', `${path(seq)}/hidden`)).status).toBe(200);
    expect((await messageOf(seq)).previews).toEqual([]);
    expect(await logged()).not.toContain(url);
    expect((await ann.request('DELETE', `${path(seq)}/hidden`)).status).toBe(200);
    await isIdle();
    expect(await titlesOf(seq)).toEqual(['Page with preview']);
  }
  expect(await examine(server.pool)).toEqual([]);
});

test('a deleted message leaves no preview, and its image is deleted with the cache', async () => {
  const url = aPage('Secret page', { image: await anImage(30) });
  const seq = await ann.post(group, url);
  await shows(seq, 'Secret page');
  const [{ image }] = (await messageOf(seq)).previews;
  expect((await ann.request('DELETE', path(seq))).status).toBe(200);
  expect((await messageOf(seq)).previews).toEqual([]);
  expect(await logged()).not.toContain('Secret page');
  expect(await count(`select count(*) as n from link_previews where message_seq = ${seq}`)).toBe(0);
  // No account reads it any more; the cache has it until it expires.
  expect((await ann.request('GET', `/files/${image.id}`)).status).toBe(404);
  await server.pool.query('update link_cache set expires_at = now()');
  await new LinkCache(server.pool, { mac: () => Buffer.alloc(32) } as never).sweep(() => false);
  expect(await count('select count(*) as n from link_cache')).toBe(0);
  // Another deletion wakes the cleanup.
  await ann.request('DELETE', path(await ann.post(group, 'x')));
  await expect
    .poll(() => count(`select count(*) as n from files where id = '${image.id}'`))
    .toBe(0);
});

test('the author and moderators remove a preview, which does not reappear', async () => {
  const url = aPage('Unwanted page', { image: await anImage(40) });
  const other = aPage('Wanted page');
  const seq = await ann.post(group, `${url} ${other}`);
  await shows(seq, 'Unwanted page', 'Wanted page');
  const remove = (user: User, of: string) =>
    user.request('POST', path(seq, '/previews/remove'), { url: of });
  expect((await remove(ben, url)).status).toBe(403);
  expect((await remove(eve, url)).status).toBe(404);
  const removed = await remove(ann, url);
  expect(removed.status).toBe(200);
  expect(await titlesOf(seq)).toEqual(['Wanted page']);
  expect(await logged()).not.toContain('Unwanted page');
  expect((await remove(ann, url)).body.seq).toBe(removed.body.seq);
  await edit(seq, `Again: ${url} ${other}`);
  await isIdle();
  expect(await titlesOf(seq)).toEqual(['Wanted page']);
  // Of a message of another member: the owner of the group.
  const bens = await ben.post(group, other);
  await shows(bens, 'Wanted page');
  const path2 = path(bens, '/previews/remove');
  expect((await ann.request('POST', path2, { url: other })).status).toBe(200);
  expect(await titlesOf(bens)).toEqual([]);
});

test('a group and the server turn previews off', async () => {
  const url = aPage('Off page');
  const change = (body: object) => ann.request('PATCH', `/conversations/${group}`, body);
  expect(
    (await ben.request('PATCH', `/conversations/${group}`, { linkPreviews: false })).status,
  ).toBe(403);
  const changed = await change({ linkPreviews: false });
  expect([changed.status, changed.body.linkPreviews]).toEqual([200, false]);
  const inGroup = await ann.post(group, url);
  await isIdle();
  expect(await titlesOf(inGroup)).toEqual([]);
  expect((await change({ linkPreviews: true })).status).toBe(200);
  const settings = (linkPreviews: boolean) =>
    ann.request('PATCH', '/admin/server-settings', { linkPreviews });
  expect((await settings(false)).status).toBe(200);
  const onServer = await ann.post(group, url);
  await isIdle();
  expect(await titlesOf(onServer)).toEqual([]);
  expect(requests).toEqual([]);
  expect((await settings(true)).status).toBe(200);
  await shows(await ann.post(group, url), 'Off page');
});

test('hostile or empty pages and images leave a message unchanged', async () => {
  const bomb = await sharp({
    create: { width: 8_000, height: 8_000, channels: 3, background: '#fff' },
    limitInputPixels: false,
  })
    .png({ compressionLevel: 9 })
    .toBuffer();
  const bombed = aPage('Bomb page', { image: bomb });
  const fake = aPage('Fake image', { image: Buffer.from('<svg onload=alert(1)>') });
  const moved = `${base}/moved`;
  pages.set('/moved', (_request, response) =>
    response.writeHead(302, { location: 'http://127.0.0.2/' }).end(),
  );
  const seq = await ann.post(group, `${bombed} ${fake} ${moved} ${base}/none http://127.0.0.2/`);
  await shows(seq, 'Bomb page', 'Fake image');
  for (const preview of (await messageOf(seq)).previews) expect(preview.image).toBeUndefined();
  // Nothing of the images that were tried is left.
  expect(readdirSync(join(dataDir, 'uploads'))).toEqual([]);
});

test('a job of a killed node is done by another one', async () => {
  const url = aPage('Survivor');
  const previews = (linkPreviews: boolean) =>
    ann.request('PATCH', `/conversations/${group}`, { linkPreviews });
  await previews(false);
  const seq = await ann.post(group, url);
  await isIdle();
  await previews(true);
  // The state after kill -9 during the fetch: claimed, not published, lease expired.
  await server.pool.query(
    `insert into link_jobs (conversation_id, message_seq, author_id, attempts)
     values ($1, $2, $3, 1)`,
    [group, seq, ann.id],
  );
  await shows(seq, 'Survivor');
  await isIdle();
});

test('scheduled and forwarded messages get previews, and the doctor finds nothing wrong', async () => {
  const url = aPage('Forwarded page');
  const seq = await ann.post(group, url);
  await shows(seq, 'Forwarded page');
  const forwarded = await ann.request('POST', path(seq, '/forward'), { to: group });
  expect(forwarded.status).toBe(201);
  await shows(forwarded.body.seq, 'Forwarded page');
  const sendAt = new Date(Date.now() + 3_600_000).toISOString();
  const scheduled = await ann.request('POST', '/me/scheduled', {
    conversation: group,
    body: url,
    sendAt,
  });
  const sent = await ann.request('POST', `/me/scheduled/${scheduled.body.id}/send`);
  expect(sent.status).toBe(200);
  await expect
    .poll(async () => {
      const { body } = await ann.request('GET', `/conversations/${group}/messages`);
      return body.items.at(-1).previews.length;
    })
    .toBe(1);
  await isIdle();
  let exported = '';
  for await (const piece of exportOf({ pool: server.pool, clock: systemClock }, ann.id))
    exported += piece;
  expect(exported).toContain('Forwarded page');
  expect((await call(server.url, 'POST', path(seq, '/previews/remove'))).status).toBe(401);
  const report = await examine(server.pool, folderStoreOf({ dataDir }));
  expect(report).toEqual([]);
});
