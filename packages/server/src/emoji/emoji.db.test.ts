import { rmSync } from 'node:fs';
import { type CustomEmoji, emojiReference, FileId, LIMITS } from '@parley/protocol';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { uploadFile } from '../../test/support/uploads.ts';
import { examine } from '../doctor/doctor.ts';
import { folderStoreOf } from '../files/file-stores.ts';
import { ImageMaker } from '../files/image-maker.ts';

let cluster: TestCluster;
let dataDir: string;
let server: TestServer;
let owner: User;
let ria: User;
let sam: User;
beforeAll(async () => {
  cluster = await startTestCluster();
  dataDir = makeTempDir('emoji');
  server = await startTestServer(cluster, { PARLEY_DATA: dataDir });
  [owner, ria, sam] = [
    await server.register('owner'),
    await server.register('ria'),
    await server.register('sam'),
  ];
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const upload = (by: User, bytes: Uint8Array, name = 'emoji.png') =>
  uploadFile({ accessToken: by.accessToken, url: server.url }, name, bytes);
let red = 0;
/** A wide PNG, each with a different color. */
const png = (width = 40, height = 20) =>
  sharp({ create: { width, height, channels: 3, background: { r: ++red % 256, g: 80, b: 0 } } })
    .png()
    .toBuffer();
/** A GIF with this many frames. */
const gif = async (frames: number, size = 24) => {
  const raw = Buffer.alloc(size * size * frames * 3);
  for (let n = 0; n < raw.length; n++)
    raw[n] = (n * 31 + Math.floor(n / (size * size * 3)) * 90) % 256;
  const input = { width: size, height: size * frames, channels: 3, pageHeight: size } as const;
  return await sharp(raw, { raw: input }).gif().toBuffer();
};
const add = async (by: User, name: string, bytes?: Uint8Array, aliases: string[] = []) =>
  by.request('POST', '/emoji', { name, aliases, file: await upload(by, bytes ?? (await png())) });
const added = async (by: User, name: string, aliases: string[] = []): Promise<CustomEmoji> => {
  const { status, body } = await add(by, name, undefined, aliases);
  expect([status, body.code]).toEqual([201, undefined]);
  return body;
};
const list = async (by = sam) => (await by.request('GET', '/emoji')).body.items as CustomEmoji[];
const find = async (id: string) => (await list()).find((one) => one.id === id);
const rename = (by: User, id: string, change: object) =>
  by.request('PATCH', `/emoji/${id}`, change);
const remove = (by: User, id: string) => by.request('DELETE', `/emoji/${id}`);
const image = async (by: User, id: string | null, size: number) => {
  const response = await fetch(`${server.url}/api/v1/images/${id}?size=${size}`, {
    headers: { authorization: `Bearer ${by.accessToken}` },
  });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
};

describe('custom emoji', () => {
  test('are added once, by those whom the setting allows, and changed by their creator and admins', async () => {
    const [key, file] = [aClientId(), await upload(ria, await png())];
    const send = () =>
      ria.request(
        'POST',
        '/emoji',
        { name: 'macaw', aliases: ['polly', 'macaw', 'polly'], file },
        { 'idempotency-key': key },
      );
    // The response was lost, and the request is repeated.
    const [first, again] = [await send(), await send()];
    expect(first.body).toMatchObject({ name: 'macaw', aliases: ['polly'], creator: ria.id });
    expect(again.body).toEqual(first.body);
    const { id } = first.body as CustomEmoji;

    expect((await rename(sam, id, { name: 'mine' })).status).toBe(403);
    expect((await remove(sam, id)).status).toBe(403);
    expect((await rename(ria, id, { name: 'party-parrot' })).body).toMatchObject({
      name: 'party-parrot',
      aliases: ['polly'],
    });
    expect((await rename(owner, id, { aliases: [] })).body.aliases).toEqual([]);

    const only = (reach: string) =>
      owner.request('PATCH', '/admin/server-settings', { emojiCreation: reach });
    await only('admins');
    expect((await add(sam, 'no')).status).toBe(403);
    expect((await rename(ria, id, { name: 'no' })).status).toBe(403);
    expect((await sam.request('GET', '/me')).body.permissions).toEqual([
      'create_groups',
      'browse_groups',
    ]);
    const ofOwner = await added(owner, 'of-owner');
    await only('everyone');
    expect((await sam.request('GET', '/me')).body.permissions).toContain('add_emoji');
    expect((await remove(ria, ofOwner.id)).status).toBe(403);

    expect((await remove(owner, id)).status).toBe(204);
    expect((await remove(owner, id)).body.code).toBe('emoji_not_found');
    expect(await find(id)).toMatchObject({ name: 'party-parrot', image: null });
    const audited = await server.rows(
      `select event, details->>'name' as name from audit_log
       where details->>'emoji' = '${id}' order by id`,
    );
    expect(audited).toEqual([
      { event: 'emoji_added', name: 'macaw' },
      { event: 'emoji_changed', name: 'party-parrot' },
      { event: 'emoji_changed', name: 'party-parrot' },
      { event: 'emoji_deleted', name: 'party-parrot' },
    ]);
  });

  test('are listed in a compressed response', async () => {
    for (const n of [1, 2, 3, 4, 5]) await added(ria, `listed-${n}`, [`also-listed-${n}`]);
    const { headers, body } = await sam.request('GET', '/emoji');
    expect(headers.get('content-encoding')).toMatch(/^(br|gzip)$/);
    expect(JSON.stringify(body).length).toBeGreaterThan(1_024);
    for (const path of ['/me', '/conversations']) {
      expect((await sam.request('GET', path)).headers.get('content-encoding'), path).toBeNull();
    }
  });

  test('are not changed by a suspended account', async () => {
    const tia = await server.register('tia');
    const { id } = await added(tia, 'of-tia');
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const path = `/admin/accounts/${tia.id}/suspend`;
    expect((await owner.request('POST', path, { until, reason: 'spam' })).status).toBe(200);
    expect((await rename(tia, id, { name: 'renamed' })).status).toBe(401);
    expect((await remove(tia, id)).status).toBe(401);
    expect(await find(id)).toMatchObject({ name: 'of-tia' });
    expect((await remove(owner, id)).status).toBe(204);
  });

  test('have unique names and aliases, even if added concurrently', async () => {
    const one = await added(sam, 'ein', ['uno']);
    for (const name of ['ein', 'uno']) {
      expect((await add(ria, name)).body).toMatchObject({
        code: 'emoji_name_taken',
        errors: [{ field: 'name' }],
      });
    }
    expect((await add(ria, 'eins', undefined, ['uno'])).body).toMatchObject({
      code: 'emoji_name_taken',
      errors: [{ field: 'aliases' }],
    });
    for (const name of ['x', '_a', 'Big', 'a b', 'a:b', 'ä1', 'a'.repeat(33)]) {
      const { status } = await sam.request('POST', '/emoji', { name, file: aClientId() });
      expect([name, status]).toEqual([name, 422]);
    }
    const both = await Promise.all([add(ria, 'same'), add(owner, 'same')]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    // Its own names are available to it, and those of a deleted emoji to all.
    expect((await rename(sam, one.id, { name: 'uno', aliases: ['ein'] })).status).toBe(200);
    await remove(sam, one.id);
    expect((await add(ria, 'uno')).status).toBe(201);
  });

  test('have no name of a Unicode emoji, except one that they already had', async () => {
    for (const [name, aliases, field] of [
      ['tada', [], 'name'],
      ['party-time', ['confetti', '+1'], 'aliases'],
      ['skin-tone-2', [], 'name'],
    ] as const) {
      const { status, body } = await add(ria, name, undefined, [...aliases]);
      expect([name, status, body.code]).toEqual([name, 409, 'emoji_name_reserved']);
      expect(body.errors).toMatchObject([{ field, code: 'emoji_name_reserved' }]);
    }
    const { id } = await added(ria, 'party-time');
    for (const change of [{ name: 'tada' }, { aliases: ['tada'] }]) {
      expect((await rename(owner, id, change)).body.code).toBe('emoji_name_reserved');
    }
    // Added by an earlier version: keeps its name, also when its other names change.
    await server.rows(`update emoji set names = '{tada,confetti}' where id = '${id}'`);
    const changed = await rename(ria, id, { aliases: ['confetti', 'streamers'] });
    expect([changed.status, changed.body.name]).toEqual([200, 'tada']);
    const again = await rename(ria, id, { aliases: ['rocket'] });
    expect(again.body).toMatchObject({
      code: 'emoji_name_reserved',
      errors: [{ field: 'aliases' }],
    });
    const group = await ria.group('parties', []);
    const seq = await ria.post(group, ':tada:');
    const { mentions } = (await ria.request('GET', `/conversations/${group}/messages/${seq}`)).body;
    expect(mentions).toEqual([{ kind: 'emoji', name: 'tada', id }]);
    expect((await rename(ria, id, { name: 'party-time', aliases: [] })).status).toBe(200);
    expect((await remove(ria, id)).status).toBe(204);
  });

  test('are limited in number, and so are the names of deleted ones', async () => {
    const fill = (count: number, isDeleted: boolean) =>
      server.rows(`insert into emoji (id, names, image, created_by, created_at, deleted_at, seq)
        select gen_random_uuid(), array['filler-' || n], gen_random_uuid(), '${sam.id}', now(),
               ${isDeleted ? 'now()' : 'null'}, -n
        from generate_series(1, ${count}) n`);
    const last = await added(ria, 'the-last');
    await fill(LIMITS.customEmoji, false);
    expect((await add(ria, 'one-more')).body.code).toBe('too_many_emoji');
    await server.rows('delete from emoji where seq < 0');
    await fill(LIMITS.deletedEmoji, true);
    await remove(ria, last.id);
    const [left] = await server.rows(
      'select count(*)::int from emoji where deleted_at is not null',
    );
    expect(left?.count).toBe(LIMITS.deletedEmoji);
    const kept = await server.rows(`select names from emoji where id = '${last.id}'`);
    expect(kept).toEqual([{ names: ['the-last'] }]);
    await server.rows('delete from emoji where seq < 0');
  });

  test('reach clients as events of the workspace stream', async () => {
    const peer = server.peer();
    await peer.hello(sam.accessToken);
    const { id, image, changedSeq } = await added(ria, 'live');
    const changed = await peer.next('event', (e) => e.type === 'emoji.changed');
    expect(changed.seq).toBe(changedSeq);
    expect(changed.data).toEqual({ emoji: id, name: 'live', aliases: [], image, creator: ria.id });
    await remove(ria, id);
    const deleted = await peer.next('event', (e) => e.type === 'emoji.deleted');
    expect(deleted.data).toEqual({ emoji: id });
  });
});

describe('the image of a custom emoji', () => {
  test('is a square of 128 pixels with the whole picture, and is deleted with its emoji', async () => {
    const { id, image: made } = await added(ria, 'wide');
    const large = await image(sam, made, 256);
    const meta = await sharp(large.bytes).metadata();
    expect(meta).toMatchObject({ format: 'webp', width: 128, height: 128, hasAlpha: true });
    // Wider than it is high: transparent above and below, not cropped.
    const { data } = await sharp(large.bytes).raw().toBuffer({ resolveWithObject: true });
    expect(data[3]).toBe(0);
    expect(data[(64 * 128 + 1) * 4 + 3]).toBe(255);
    const small = await sharp((await image(sam, made, 64)).bytes).metadata();
    expect(small).toMatchObject({ width: 64, height: 64 });
    await remove(ria, id);
    expect((await image(sam, made, 256)).status).toBe(404);
  });

  test('stays animated when larger, and is limited in frames, bytes and formats', async () => {
    const { body } = await add(ria, 'moving', await gif(5));
    const meta = await sharp((await image(sam, body.image, 256)).bytes, {
      animated: true,
    }).metadata();
    expect(meta).toMatchObject({ pages: 5, width: 128 });
    const still = await sharp((await image(sam, body.image, 64)).bytes, {
      animated: true,
    }).metadata();
    expect(still.pages ?? 1).toBe(1);

    const refused = async (bytes: Uint8Array, name = 'x.gif') => {
      const file = await upload(ria, bytes, name);
      return (await ria.request('POST', '/emoji', { name: 'refused', file })).body.code;
    };
    expect(await refused(await gif(LIMITS.emojiFrames + 1, 8))).toBe('image_unreadable');
    expect(await refused(Buffer.alloc(LIMITS.emojiFileBytes + 1))).toBe('file_too_large');
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>';
    expect(await refused(Buffer.from(svg))).toBe('image_unreadable');
    expect(await refused(Buffer.from('GIF89a/*<script>*/'))).toBe('image_unreadable');
    // The file of another account.
    const file = await upload(sam, await png());
    const { body: foreign } = await ria.request('POST', '/emoji', { name: 'foreign', file });
    expect(foreign.code).toBe('file_not_found');
  });
});

test('images of emoji and of avatars have separate hourly limits', async () => {
  const uri = await server.register('uri');
  const images = new ImageMaker({
    pool: server.pool,
    store: folderStoreOf({ dataDir }),
    clock: { now: () => Date.now() },
    config: { rateLimits: true },
  });
  const make = async (kind: 'avatar' | 'emoji') =>
    images.make(uri.id, FileId.parse(await upload(uri, await png())), kind);
  await make('emoji');
  const more = (kind: string, count: number) =>
    server.rows(`insert into images (id, digest, bytes, small_digest, small_bytes, created_by,
                                     created_at, kind)
      select gen_random_uuid(), digest, bytes, small_digest, small_bytes, created_by, created_at,
             '${kind}'
      from (select * from images where created_by = '${uri.id}' limit 1) i,
           generate_series(1, ${count})`);
  await more('emoji', LIMITS.emojiPerHour - 1);
  await expect(make('emoji')).rejects.toMatchObject({ refusal: { code: 'rate_limited' } });
  await make('avatar');
  await more('avatar', LIMITS.avatarsPerHour - 1);
  await expect(make('avatar')).rejects.toMatchObject({ refusal: { code: 'rate_limited' } });
  await server.rows(`delete from images where created_by = '${uri.id}'`);
});

describe('messages and reactions', () => {
  test('keep a custom emoji when it is renamed, and its name when it is deleted', async () => {
    const cat = await added(ria, 'tomcat', ['kitten']);
    const group = await ria.group('cats', [sam]);
    const path = (seq: number) => `/conversations/${group}/messages/${seq}`;
    const mentionsOf = async (seq: number) => (await sam.request('GET', path(seq))).body.mentions;
    const seq = await ria.post(
      group,
      'a :kitten: and :nothing: at 10:tomcat:30, not `:tomcat:` :tomcat:',
    );
    const shown = [
      { kind: 'emoji', name: 'kitten', id: cat.id },
      { kind: 'emoji', name: 'tomcat', id: cat.id },
    ];
    expect(await mentionsOf(seq)).toEqual(shown);
    // It mentions no one.
    expect((await sam.request('GET', `/conversations/${group}`)).body.unreadMentions).toEqual([]);

    const react = (by: User, emoji: string) =>
      by.request('PUT', `${path(seq)}/reactions/${encodeURIComponent(emoji)}`);
    const reference = emojiReference(cat.id);
    expect((await react(ria, reference)).status).toBe(200);
    for (const wrong of [':tomcat:', `:${cat.id}`, emojiReference(cat.id).toUpperCase()]) {
      expect([wrong, (await react(ria, wrong)).status]).toEqual([wrong, 404]);
    }
    const unknown = await react(ria, `:${aClientId()}:`);
    expect(unknown.body.code).toBe('emoji_not_found');

    await rename(ria, cat.id, { name: 'feline', aliases: [] });
    expect(await mentionsOf(seq)).toEqual(shown);
    // An edit keeps the emoji of the text, even if other emoji have their names now.
    const usurper = await added(ria, 'tomcat');
    const text = 'edited, a :kitten: and :tomcat:';
    expect((await ria.request('PATCH', path(seq), { body: text })).status).toBe(200);
    expect(await mentionsOf(seq)).toEqual(shown);
    await remove(ria, usurper.id);
    const later = await ria.post(group, ':tomcat: :feline:');
    expect(await mentionsOf(later)).toEqual([{ kind: 'emoji', name: 'feline', id: cat.id }]);

    // A forwarded message keeps its emoji; an edit resolves only the names it adds.
    const target = await ria.group('elsewhere', []);
    const forwarded = await ria.request('POST', `${path(later)}/forward`, { to: target });
    expect(forwarded.status).toBe(201);
    const { body } = await ria.request(
      'GET',
      `/conversations/${target}/messages/${forwarded.body.seq}`,
    );
    expect(body.mentions).toEqual([{ kind: 'emoji', name: 'feline', id: cat.id }]);
    await ria.request('PATCH', path(later), { body: 'only :tomcat:' });
    expect(await mentionsOf(later)).toEqual([]);

    await remove(ria, cat.id);
    expect(await mentionsOf(seq)).toEqual(shown);
    const other = await ria.post(group, 'without');
    const again = await ria.request(
      'PUT',
      `${path(other)}/reactions/${encodeURIComponent(reference)}`,
    );
    expect(again.body.code).toBe('emoji_not_found');
    // Others can still add the same reaction, and remove it.
    expect((await react(sam, reference)).status).toBe(200);
    const take = await sam.request(
      'DELETE',
      `${path(seq)}/reactions/${encodeURIComponent(reference)}`,
    );
    expect(take.status).toBe(200);
    const { reactions } = (await sam.request('GET', path(seq))).body;
    expect(reactions).toEqual([{ emoji: reference, accounts: [ria.id] }]);
  });
});

test('the emoji that an account added are in its export, and remain when it is deleted', async () => {
  const leaver = await server.register('leaver');
  const { id, image: made } = await added(leaver, 'legacy');
  const exported = await leaver.request('POST', '/me/export', { password: PASSWORD });
  expect(exported.body.customEmoji).toMatchObject([{ id, name: 'legacy', aliases: [] }]);
  await owner.request('DELETE', `/admin/accounts/${leaver.id}?messages=keep`);
  expect(await find(id)).toMatchObject({ name: 'legacy', creator: leaver.id });
  expect((await image(sam, made, 64)).status).toBe(200);
});

test('the table can be rebuilt from the events', async () => {
  expect(await examine(server.pool)).toEqual([]);
});
