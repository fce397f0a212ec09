import { type ActivityItem, LIMITS } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { examine } from '../doctor/doctor.ts';
import { deleteOldActivity } from './activity-age.ts';
import { MARKS_MAX } from './activity-marks.ts';
import { decideNext } from './decide.ts';

let cluster: TestCluster;
let server: TestServer;
/** The first account: the owner of the server. */
let ann: User;
let bob: User;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  ann = await server.register('ann');
  bob = await server.register('bob');
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

/** All kinds except new users, which every test has. */
const KINDS = 'mention,reply,reaction,added,removed,reminder,report,scheduled';

const list = async (user: User, query = `?kinds=${KINDS}`): Promise<ActivityItem[]> => {
  const { status, body } = await user.request('GET', `/me/activity${query}`);
  expect(status).toBe(200);
  return body.items;
};
const unreadOf = async (user: User): Promise<number> =>
  (await user.request('GET', '/me/activity/unread')).body.unread;
const readAll = (user: User) => user.request('POST', '/me/activity/read-all');
const post = async (by: User, conversation: string, body: object): Promise<number> => {
  const answer = await by.request('POST', `/conversations/${conversation}/messages`, body);
  expect(answer.status).toBe(201);
  return answer.body.seq;
};
const ofMessage = (conversation: string, seq: number) =>
  `/conversations/${conversation}/messages/${seq}`;
const react = async (by: User, conversation: string, seq: number, emoji: string) => {
  const path = `${ofMessage(conversation, seq)}/reactions/${encodeURIComponent(emoji)}`;
  expect((await by.request('PUT', path)).status).toBeLessThan(300);
};
/** Waits until everything that was posted in a conversation is decided. */
const decided = (conversation: string) =>
  until(
    async () =>
      (
        await server.rows(
          `select from notification_progress p join streams s on s.id = p.conversation_id
           where s.id = '${conversation}' and p.seq = s.last_seq`,
        )
      ).length === 1,
    'everything to be decided',
  );

describe('the activity', () => {
  test('has mentions, replies, reactions and groups with their details, the latest first', async () => {
    const cat = await server.register('cat');
    const group = await cat.group('of cat', [bob]);
    const root = await post(cat, group, { body: 'a root' });
    const first = await post(bob, group, { body: 'a reply', thread: root });
    await post(bob, group, { body: 'another reply', thread: root });
    const named = await post(bob, group, { body: '@cat look' });
    const all = await post(bob, group, { body: '@everyone listen' });
    await react(bob, group, root, '👍');
    await react(bob, group, root, '🎉');
    await react(cat, group, root, '👀');
    await decided(group);
    const items = await list(cat);
    expect(items).toMatchObject([
      {
        kind: 'reaction',
        message: root,
        actors: [bob.id],
        emojis: ['🎉', '👍'],
        count: 2,
        excerpt: 'a root',
      },
      { kind: 'mention', mention: 'everyone', message: all, excerpt: '@everyone listen' },
      { kind: 'mention', mention: 'name', message: named, actor: bob.id, thread: null },
      { kind: 'reply', thread: root, message: first, count: 2, actors: [bob.id] },
    ]);
    expect(items.every(({ isRead, conversation }) => !isRead && conversation === group)).toBe(true);
    // The actor has no item; the added member does.
    expect(await list(bob)).toMatchObject([
      { kind: 'added', actor: cat.id, conversation: group, message: null },
    ]);
    expect(await list(cat, '?kinds=reply')).toMatchObject([{ kind: 'reply' }]);
  });

  test('pages through all kinds without repetition or loss', async () => {
    const dan = await server.register('dan');
    const group = await ann.group('of dan', [dan]);
    for (let n = 0; n < 5; n++) await post(ann, group, { body: `@dan ${n}` });
    for (let n = 0; n < 4; n++) await post(ann, group, { body: `@everyone ${n}` });
    await server.register('new.to.dan');
    await decided(group);
    const whole = (await list(dan, '?limit=100')).map(({ id }) => id);
    expect(whole).toHaveLength(11);
    const seen: string[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const query: string = after === '' ? '' : `&after=${after}`;
      const { body } = await dan.request('GET', `/me/activity?limit=2${query}`);
      seen.push(...body.items.map((item: ActivityItem) => item.id));
      after = body.next;
    }
    expect(seen).toEqual(whole);
    expect((await dan.request('GET', '/me/activity?after=x')).status).toBe(422);
    expect((await dan.request('GET', '/me/activity?kinds=other')).status).toBe(422);
  });

  test('is read item by item, all at once, and with the messages; what is added later is unread', async () => {
    const eve = await server.register('eve');
    const group = await eve.group('of eve', [bob]);
    const root = await post(eve, group, { body: 'a root' });
    await post(bob, group, { body: 'a reply', thread: root });
    await react(bob, group, root, '👍');
    const named = await post(bob, group, { body: '@eve look' });
    const fay = await server.register('fay.of.eve');
    await decided(group);
    expect(await unreadOf(eve)).toBe(4);
    const read = async (kind: string) => {
      const item = (await list(eve, '')).find((i) => i.kind === kind);
      const items = [{ id: item?.id, seq: item?.seq }];
      return (await eve.request('POST', '/me/activity/read', { items })).body.unread;
    };
    expect(await read('new_user')).toBe(3);
    expect(await read('reaction')).toBe(2);
    // Repeating it changes nothing.
    expect(await read('reaction')).toBe(2);
    await react(bob, group, root, '🎉');
    await decided(group);
    expect(await unreadOf(eve)).toBe(3);
    // With the messages.
    await eve.request('POST', `/conversations/${group}/read`, { seq: named });
    expect(await unreadOf(eve)).toBe(2);
    await eve.request('POST', `${ofMessage(group, root)}/thread/read`, { seq: named });
    expect(await list(eve, '?unread=true')).toMatchObject([{ kind: 'reaction' }]);
    expect((await readAll(eve)).body.unread).toBe(0);
    expect((await list(eve, '')).find(({ actor }) => actor === fay.id)?.isRead).toBe(true);
    await post(bob, group, { body: '@everyone once more' });
    expect(await unreadOf(eve)).toBe(1);
    // Marks of what does not exist are ignored.
    const items = [{ id: 'new_user:x', seq: 1 }];
    expect((await eve.request('POST', '/me/activity/read', { items })).body.unread).toBe(1);
  });

  test('has no deleted text, and nothing that the account can no longer see', async () => {
    const gus = await server.register('gus');
    const group = await gus.group('of gus', [bob]);
    const own = await post(gus, group, { body: 'liked' });
    await react(bob, group, own, '👍');
    const named = await post(bob, group, { body: '@gus secret' });
    const edited = await post(bob, group, { body: '@gus edited' });
    const all = await post(bob, group, { body: '@everyone secret' });
    const root = await post(gus, group, { body: 'root' });
    const reply = await post(bob, group, { body: 'secret reply', thread: root });
    await decided(group);
    expect(await list(gus)).toHaveLength(5);
    for (const seq of [named, all, reply]) await bob.request('DELETE', ofMessage(group, seq));
    await bob.request('PATCH', ofMessage(group, edited), { body: 'not to gus' });
    await bob.request('DELETE', `${ofMessage(group, own)}/reactions/${encodeURIComponent('👍')}`);
    expect(await list(gus)).toEqual([]);
    expect(await unreadOf(gus)).toBe(0);

    const hal = await server.register('hal');
    await gus.request('POST', `/conversations/${group}/members`, { account: hal.id });
    await post(bob, group, { body: '@hal @everyone secret' });
    await decided(group);
    expect(await list(hal)).toMatchObject([{ kind: 'mention' }, { kind: 'added' }]);
    await gus.request('DELETE', `/conversations/${group}/members/${hal.id}`);
    expect(await list(hal)).toEqual([]);
  });

  test('leaves out blocked users, also from items they share with others', async () => {
    const [vic, wes] = [await server.register('vic'), await server.register('wes')];
    const group = await vic.group('of vic', [bob, wes]);
    const both = await post(vic, group, { body: 'liked by both' });
    const root = await post(vic, group, { body: 'root of both' });
    const liked = await post(vic, group, { body: 'liked by wes' });
    await react(bob, group, both, '👍');
    await react(wes, group, both, '🎉');
    await react(wes, group, liked, '🎉');
    const reply = await post(bob, group, { body: 'from bob', thread: root });
    await post(wes, group, { body: 'from wes', thread: root });
    await post(wes, group, { body: '@vic from wes' });
    await post(wes, group, { body: '@everyone from wes' });
    const added = await wes.group('of wes', [vic]);
    await decided(group);
    await decided(added);
    expect(await list(vic)).toHaveLength(6);
    const other = (await list(vic, '?kinds=new_user')).map(({ actor }) => actor);
    expect(other).toContain(wes.id);
    expect((await vic.request('PUT', `/me/blocks/${wes.id}`)).status).toBeLessThan(300);
    const left = [
      { kind: 'reply', actor: bob.id, actors: [bob.id], count: 1, message: reply },
      {
        kind: 'reaction',
        message: both,
        actor: bob.id,
        actors: [bob.id],
        emojis: ['👍'],
        count: 1,
      },
    ];
    expect(await list(vic)).toMatchObject(left);
    expect((await list(vic, '?kinds=new_user')).map(({ actor }) => actor)).not.toContain(wes.id);
    await vic.request('POST', `${ofMessage(group, root)}/thread/read`, { seq: reply });
    expect(await list(vic, `?kinds=${KINDS}&unread=true`)).toMatchObject([{ kind: 'reaction' }]);
    await readAll(vic);
    // Read replies are not counted.
    const seen = [{ ...left[0], count: 0 }, left[1]];
    // Later actions of a blocked user neither create an item nor make one unread.
    await react(wes, group, both, '👀');
    await post(wes, group, { body: 'again', thread: root });
    await post(wes, group, { body: '@vic @everyone @here again' });
    await decided(group);
    expect(await unreadOf(vic)).toBe(0);
    expect(await list(vic)).toMatchObject(seen);
    // The author still learns of a deletion by a blocked moderator.
    await server.rows(
      `update memberships set role = 'owner' where account_id = '${wes.id}' and conversation_id = '${group}'`,
    );
    expect((await wes.request('DELETE', ofMessage(group, liked))).status).toBeLessThan(300);
    await decided(group);
    expect(await list(vic)).toMatchObject([{ kind: 'removed', message: liked }, ...seen]);
    await server.rows(
      `update memberships set role = 'member' where account_id = '${wes.id}' and conversation_id = '${group}'`,
    );
  });

  test('remains read after more items were read one by one than marks are kept', async () => {
    const zoe = await server.register('zoe');
    const length = MARKS_MAX + 30;
    // Users who registered, a second apart.
    await server.rows(
      `update accounts set created_at = now() - interval '2 days' where id = '${zoe.id}'`,
    );
    const ids = (
      await server.rows(
        `insert into accounts (id, username, username_key, display_name, email, email_key, created_at)
         select md5('many' || n)::uuid, 'many' || n, 'many' || n, 'Many', 'many' || n, 'many' || n,
           now() - interval '1 day' + n * interval '1 second'
         from generate_series(1, ${length}) n
         returning id`,
      )
    ).map(({ id }) => `new_user:${id}`);
    const read = async (some: readonly string[]) => {
      const items = some.map((id) => ({ id, seq: 0 }));
      const { status } = await zoe.request('POST', '/me/activity/read', { items });
      expect(status).toBe(200);
    };
    // All but the oldest and the newest, the oldest first.
    const marked = ids.slice(1, -1);
    for (let n = 0; n < marked.length; n += 100) await read(marked.slice(n, n + 100));
    const newest = await server.register('newest');
    const unread = (await list(zoe, '?kinds=new_user&unread=true&limit=200')).map(({ id }) => id);
    expect(unread.filter((id) => ids.includes(id))).toEqual([ids.at(-1)]);
    const [{ count } = {}] = await server.rows(
      `select count(*)::int from activity_reads where account_id = '${zoe.id}'`,
    );
    expect(count).toBe(MARKS_MAX);
    // Users who registered later are unread.
    expect(unread).toContain(`new_user:${newest.id}`);
    await server.rows(`delete from accounts where username like 'many%'`);
  });

  test('marks an item of each kind as read, and only items that the account has', async () => {
    const yan = await server.register('yan');
    const group = await bob.group('of yan', [yan]);
    const all = await post(bob, group, { body: '@everyone' });
    const elsewhere = await post(bob, await bob.group('not of yan'), { body: '@everyone' });
    await server.rows(
      `insert into saved_messages (account_id, conversation_id, message_seq, saved_seq, saved_at, seq, reminded_at)
       values ('${yan.id}', '${group}', ${all}, 1, now(), 1, now())`,
    );
    const kinds = '?kinds=mention,reminder&unread=true';
    const items = (await list(yan, kinds)).map(({ id, seq }) => ({ id, seq }));
    expect(items).toHaveLength(2);
    const read = (some: readonly object[]) =>
      yan.request('POST', '/me/activity/read', { items: some });
    const { body: before } = await yan.request('GET', '/me/activity/unread');
    const foreign = [
      { id: `everyone:${group}:999`, seq: 9 },
      { id: `everyone:${bob.id}:${elsewhere}`, seq: 9 },
      { id: `report:${group}`, seq: 9 },
      { id: `scheduled:${group}`, seq: 9 },
      { id: `new_user:${ann.id}`, seq: 9 },
      { id: 'new_user:', seq: 9 },
      { id: `everyone:${group}`, seq: 9 },
    ];
    expect((await read(foreign)).body).toEqual(before);
    expect((await read(items)).status).toBe(200);
    expect(await list(yan, kinds)).toEqual([]);
    await server.rows(`delete from saved_messages where account_id = '${yan.id}'`);
  });

  test('leaves out replies in muted threads and mentions of everyone in muted groups, not by name', async () => {
    const ida = await server.register('ida');
    const group = await ida.group('of ida', [bob]);
    const root = await post(ida, group, { body: 'root' });
    const path = `/me/notifications/conversations/${group}`;
    await ida.request('PATCH', `${path}/threads/${root}`, { level: 'nothing' });
    await post(bob, group, { body: 'reply', thread: root });
    await ida.request('PATCH', path, { muted: { until: null } });
    await post(bob, group, { body: '@everyone' });
    await post(bob, group, { body: '@ida' });
    await decided(group);
    expect(await list(ida)).toMatchObject([{ kind: 'mention', mention: 'name' }]);
    await ida.request('PATCH', path, { muted: null });
    expect(await list(ida)).toHaveLength(2);
  });

  test('has actions of the server and of moderators: reminders, reports, removed messages', async () => {
    const jan = await server.register('jan');
    const group = await ann.group('of jan', [jan, bob]);
    const bad = await post(bob, group, { body: 'bad' });
    const own = await post(jan, group, { body: 'worse' });
    const report = { reason: 'spam', comment: '' };
    expect((await jan.request('POST', `${ofMessage(group, bad)}/report`, report)).status).toBe(204);
    const { body } = await ann.request('GET', '/admin/reports');
    const [open] = body.items;
    const resolved = await ann.request('POST', `/reports/${open.id}/resolve`, {
      action: 'delete',
    });
    expect(resolved.status).toBeLessThan(300);
    await ann.request('DELETE', ofMessage(group, own));
    await decided(group);
    const saved = await post(ann, group, { body: 'remember' });
    const remindAt = new Date(Date.now() + 1_000).toISOString();
    expect(
      (await jan.request('PUT', `${ofMessage(group, saved)}/saved`, { remindAt })).status,
    ).toBe(200);
    await until(async () => (await list(jan, '?kinds=reminder')).length === 1, 'the reminder');
    const items = await list(jan);
    expect(items).toMatchObject([
      { kind: 'reminder', excerpt: 'remember' },
      { kind: 'removed', actor: ann.id, message: own, excerpt: null },
      { kind: 'report', resolution: 'deleted', message: null, excerpt: null, actor: null },
      { kind: 'added' },
    ]);
  });

  test('of @here concerns those who are online', async () => {
    const kim = await server.register('kim');
    const lea = await server.register('lea');
    const group = await ann.group('of kim', [kim, lea]);
    const seq = await post(ann, group, { body: '@here now' });
    await decided(group);
    await server.rows(
      `update notification_progress set seq = ${seq - 1} where conversation_id = '${group}'`,
    );
    const presenceOf = (account: string) => (account === kim.id ? 'active' : 'away');
    await decideNext(server.pool, [group], { presenceOf, now: Date.now() });
    expect(await list(kim, '?kinds=mention')).toMatchObject([{ mention: 'here', message: seq }]);
    expect(await list(lea, '?kinds=mention')).toEqual([]);
  });

  test('has new users, unless the account has turned them off', async () => {
    const max = await server.register('max');
    const nia = await server.register('nia');
    const [item] = await list(max, '?kinds=new_user');
    expect(item).toMatchObject({ actor: nia.id, conversation: null, isRead: false });
    expect((await list(nia, '?kinds=new_user')).map(({ actor }) => actor)).not.toContain(max.id);
    await max.request('PATCH', '/me/notifications', { newPeople: false });
    expect(await list(max, '?kinds=new_user')).toEqual([]);
    expect(await unreadOf(max)).toBe(0);
  });

  test('of a guest has no users that it may not know', async () => {
    const gia = await server.register('gia');
    await server.rows(`update accounts set role = 'guest' where id = '${gia.id}'`);
    await server.register('unknown.to.gia');
    expect(await list(gia, '')).toEqual([]);
    expect(await unreadOf(gia)).toBe(0);
  });

  test('pages through items of one millisecond, and mentions of everyone of one moment', async () => {
    const tia = await server.register('tia');
    const groups = [await bob.group('of tia', [tia]), await bob.group('also of tia', [tia])];
    for (const group of groups) {
      for (let n = 0; n < 12; n++) await post(bob, group, { body: '@everyone' });
    }
    await post(bob, groups[0] ?? '', { body: '@tia' });
    for (const group of groups) await decided(group);
    const ids = groups.map((group) => `'${group}'`).join();
    await server.rows(
      `update messages set posted_at = date_trunc('second', now()) where conversation_id in (${ids})`,
    );
    await server.rows(
      `insert into activity_items (account_id, kind, conversation_id, message_seq, seq, actor_id, at)
       select '${tia.id}', 'removed', '${groups[0]}', n, n, '${bob.id}',
         date_trunc('second', now()) + (17 * n % 900) * interval '1 microsecond'
       from generate_series(100, 130) n`,
    );
    const whole = (await list(tia, '?limit=200')).map(({ id }) => id);
    expect(whole).toHaveLength(24 + 3 + 31);
    for (const limit of [2, 7]) {
      const seen: string[] = [];
      for (let after: string | null = ''; after !== null; ) {
        const query: string = after === '' ? '' : `&after=${after}`;
        const { body } = await tia.request('GET', `/me/activity?limit=${limit}${query}`);
        seen.push(...body.items.map((item: ActivityItem) => item.id));
        after = body.next;
      }
      expect(seen).toEqual(whole);
    }
    // The doctor compares these times with those of the events.
    await server.rows(
      `update messages g set posted_at = e.at from events e
       where e.stream_id = g.conversation_id and e.seq = g.seq and e.stream_id in (${ids})`,
    );
  });

  test('is stored for no service account', async () => {
    const uma = await server.register('uma');
    const group = await uma.group('of uma', [bob]);
    await server.rows(`update accounts set kind = 'service' where id = '${uma.id}'`);
    await post(bob, group, { body: '@uma @bob' });
    await post(bob, group, { body: '@uma' });
    await decided(group);
    expect(
      await server.rows(`select from activity_items where account_id = '${uma.id}'`),
    ).toHaveLength(0);
  });

  test('notifies all devices of a change, with a version that reveals a lost frame', async () => {
    const oda = await server.register('oda');
    const device = server.peer();
    const ready = await device.hello(oda.accessToken);
    const group = await bob.group('of oda', [oda]);
    await post(bob, group, { body: '@oda hello' });
    const frame = await device.next('activity');
    expect(frame.version).toBeGreaterThan(ready.readVersion);
    await decided(group);
    await readAll(oda);
    await device.next('activity', ({ version }) => version > frame.version);
    const { body } = await oda.request('GET', '/me/activity/unread');
    const [row] = await server.rows(
      `select read_version::int as version from accounts where id = '${oda.id}'`,
    );
    expect(body).toEqual({ unread: 0, readVersion: row?.version });
    device.close();
  });

  test('is stored once, also from an earlier position and by two nodes at once', async () => {
    const pia = await server.register('pia');
    const group = await bob.group('of pia', [pia]);
    const own = await post(pia, group, { body: 'own' });
    await post(bob, group, { body: '@pia one' });
    await react(bob, group, own, '👍');
    await decided(group);
    await readAll(pia);
    const stored = () =>
      server.rows(`select * from activity_items where account_id = '${pia.id}' order by seq`);
    const before = await stored();
    expect(before).toHaveLength(3);
    await server.rows(
      `update notification_progress set seq = 0 where conversation_id = '${group}'`,
    );
    await Promise.all(
      [1, 2, 3].map(() =>
        decideNext(server.pool, [group], { presenceOf: () => 'away', now: Date.now() }),
      ),
    );
    expect(await stored()).toEqual(before);
    expect(await unreadOf(pia)).toBe(0);
  });

  test('keeps the latest items of 90 days, and nothing of an erased account', async () => {
    const rob = await server.register('rob');
    const group = await bob.group('of rob', [rob]);
    await post(bob, group, { body: '@rob' });
    await decided(group);
    await server.rows(
      `insert into activity_items
         (account_id, kind, conversation_id, message_seq, seq, actor_id, at)
       select '${rob.id}', 'mention', '${group}', n, n, '${bob.id}', now() - n * interval '1 second'
       from generate_series(100, ${LIMITS.activityItems + 300}) n`,
    );
    await server.rows(
      `insert into activity_items (account_id, kind, conversation_id, message_seq, seq, actor_id, at)
       values ('${rob.id}', 'removed', '${group}', 50, 50, '${bob.id}', now() - interval '91 days')`,
    );
    await deleteOldActivity(server.pool, new Date(), () => false);
    const rows = () => server.rows(`select at from activity_items where account_id = '${rob.id}'`);
    expect(await rows()).toHaveLength(LIMITS.activityItems);
    const { body } = await rob.request('POST', '/me/export', { password: PASSWORD });
    expect(body.activity).toHaveLength(LIMITS.activityItems);
    await readAll(rob);
    await rob.request('POST', '/me/delete', { password: PASSWORD, messages: 'keep' });
    await until(
      async () =>
        (
          await server.rows(
            `select from erasures where account_id = '${rob.id}' and done_at is not null`,
          )
        ).length === 1,
      'the erasure to be done',
    );
    expect(await rows()).toEqual([]);
    expect(
      await server.rows(`select from activity_cursors where account_id = '${rob.id}'`),
    ).toEqual([]);
  });

  test('is not compared by the doctor', async () => {
    expect(await examine(server.pool)).toEqual([]);
  });
});
