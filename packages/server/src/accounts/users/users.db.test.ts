import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aTestApi, registration, type TestApi } from '../../../test/support/api.ts';
import { startTestCluster, type TestCluster, testLog } from '../../../test/support/database.ts';
import { openDatabase } from '../../storage/database.ts';
import { migrate } from '../../storage/migrate.ts';

let cluster: TestCluster;
let api: TestApi;
let token: string;
beforeAll(async () => {
  cluster = await startTestCluster();
  api = await aTestApi(await cluster.fresh());
  token = (await api.register('ann')).accessToken;
  for (const [username, displayName] of USERS) {
    const answer = await api.post('/auth/register', { ...registration(username), displayName });
    if (answer.statusCode !== 201) throw new Error(answer.body);
  }
});
afterAll(async () => {
  await api.close();
  await cluster.stop();
});

const USERS: [string, string][] = [
  ['rene', 'René Müller-Lüdenscheidt'],
  ['lukasz', 'Łukasz Wójcik'],
  ['weiss', 'Jörg Weiß'],
  ['ivan', 'Иван Ёлкин'],
  ['eleni', 'Ελένη Παπαδόπουλος'],
  ['percent', '100% Pure_Joy'],
  ['slash', 'Back\\slash'],
  ['hana', '金子 花'],
  ['viet', 'Nguyễn Thị Ánh'],
];

const search = async (text: string): Promise<string[]> => {
  const answer = await api.get(`/api/v1/users?search=${encodeURIComponent(text)}`, token);
  expect(answer.statusCode).toBe(200);
  return answer.json().items.map((p: { username: string }) => p.username);
};

describe('the user directory', () => {
  test.each([
    ['rene', ['rene']],
    ['RENÉ', ['rene']],
    ['René'.normalize('NFD'), ['rene']],
    ['mueller', []],
    ['muller', ['rene']],
    ['ludensch', ['rene']],
    ['lukasz', ['lukasz']],
    ['łuk', ['lukasz']],
    ['WOJCIK', ['lukasz']],
    ['weiss', ['weiss']],
    ['WEIẞ', ['weiss']],
    ['ИВАН', ['ivan']],
    ['елкин', ['ivan']],
    ['ελενη', ['eleni']],
    ['ΠΑΠΑΔΟΠΟΥΛΟΣ', ['eleni']],
    ['花', ['hana']],
    ['nguyen anh', ['viet']],
    ['anh nguyen', ['viet']],
    ['anh muller', []],
    ['100%', ['percent']],
    ['%', ['percent']],
    ['_', ['percent']],
    ['\\', ['slash']],
    ['k\\s', ['slash']],
  ])('finds by %j: %j', async (text, expected) => {
    expect(await search(text)).toEqual(expected);
  });

  test('a username and a display name do not run into one another', async () => {
    expect(await search('花hana')).toEqual([]);
    expect(await search('花 hana')).toEqual(['hana']);
  });

  test('is paged, each person once, by name without regard to accents', async () => {
    const seen: string[] = [];
    let after = '';
    do {
      const answer = await api.get(`/api/v1/users?limit=3${after}`, token);
      const page = answer.json() as { items: { displayName: string }[]; next: string | null };
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map((p) => p.displayName));
      after = page.next === null ? '' : `&after=${page.next}`;
    } while (after !== '');
    expect(seen).toHaveLength(USERS.length + 1);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.slice(0, 4)).toEqual(['100% Pure_Joy', 'ann Example', 'Back\\slash', 'Jörg Weiß']);
  });

  test('shows no address, role or anything else of others', async () => {
    const page = (await api.get('/api/v1/users', token)).json();
    for (const user of page.items) {
      expect(Object.keys(user).sort()).toEqual([
        'avatar',
        'createdAt',
        'displayName',
        'id',
        'isActive',
        'nameIsShared',
        'username',
      ]);
    }
    expect(JSON.stringify(page)).not.toContain('@');
    const one = await api.get(`/api/v1/users/${page.items[0].id}`, token);
    expect(one.json()).toEqual(page.items[0]);
  });

  test('requires a login', async () => {
    expect((await api.get('/api/v1/users')).statusCode).toBe(401);
  });

  test.each(['%00', 'x'.repeat(101)])('rejects an invalid search: %s', async (text) => {
    expect((await api.get(`/api/v1/users?search=${text}`, token)).statusCode).toBe(422);
  });

  test('a search uses the index of parts where there are many people', async () => {
    const { pool } = api.database;
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query(
        `insert into accounts (id, username, username_key, display_name, created_at)
         select gen_random_uuid(), 'u' || n, 'u' || n, md5(n::text), now()
         from generate_series(1, 5000) as n`,
      );
      await client.query('analyze accounts');
      const { rows } = await client.query(
        `explain select id from accounts where search_key like '%' || search_key('Müller') || '%'`,
      );
      expect(JSON.stringify(rows)).toContain('accounts_by_parts');
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});

describe('an external database', () => {
  test.each([
    ['whose owner is no superuser', 'owner', true],
    ['where one may make tables and nothing else', 'guest', false],
  ])('%s is migrated and searched', async (_what, role, mayExtend) => {
    const fresh = await cluster.fresh({ migrated: false });
    const { pool } = await fresh.open();
    await pool.query(`create role ${role} login`);
    if (mayExtend) await pool.query(`alter database ${fresh.address.database} owner to ${role}`);
    else await pool.query(`grant create on schema public to ${role}`);
    const theirs = await openDatabase({ ...fresh.address, user: role }, testLog);
    try {
      await migrate(theirs.pool, testLog);
      const { rows } = await theirs.pool.query(
        `select search_key('ŁÓDŹ') as key,
                exists (select from pg_extension where extname = 'pg_trgm') as extended`,
      );
      expect(rows[0]).toEqual({ key: 'lodz', extended: mayExtend });
    } finally {
      await theirs.close();
    }
  });
});

describe('names that look the same', () => {
  const shared = async (of: TestApi, token: string) => {
    const { items } = (await of.get('/api/v1/users', token)).json();
    return items
      .filter((p: { nameIsShared: boolean }) => p.nameIsShared)
      .map((p: { username: string }) => p.username)
      .sort();
  };

  test('are marked in the list of users, for as long as they do', async () => {
    const own = await aTestApi(await cluster.fresh());
    try {
      const named = async (username: string, displayName: string) =>
        (await own.post('/auth/register', { ...registration(username), displayName })).json();
      const olga = (await named('olga', 'Olga Berg')).accessToken;
      await named('paul', 'Paul Stein');
      expect(await shared(own, olga)).toEqual([]);
      // Cyrillic о and а.
      const eve = await named('eve', '\u041elg\u0430 Berg');
      expect(await shared(own, olga)).toEqual(['eve', 'olga']);
      const me = (await own.get('/api/v1/me', olga)).json();
      expect(me.nameIsShared).toBe(true);
      expect((await own.get(`/api/v1/users/${eve.me.id}`, olga)).json().nameIsShared).toBe(true);
      const rename = (displayName: string) =>
        own.app.inject({
          method: 'PATCH',
          url: '/api/v1/me',
          headers: { authorization: `Bearer ${eve.accessToken}` },
          payload: { displayName },
        });
      await rename('Eve');
      expect(await shared(own, olga)).toEqual([]);
      // A username counts as a name, too.
      await rename('paul');
      expect(await shared(own, olga)).toEqual(['eve']);
      // A user's own username is not a name of another user.
      await rename('eve');
      expect(await shared(own, olga)).toEqual([]);
      await rename('OLGA BERG');
      expect(await shared(own, olga)).toEqual(['eve', 'olga']);
    } finally {
      await own.close();
    }
  });

  test('are found among accounts from before they were compared', async () => {
    const fresh = await cluster.fresh();
    const before = await aTestApi(fresh);
    const { accessToken } = await before.register('ann');
    await before.post('/auth/register', { ...registration('bob'), displayName: 'ann Example' });
    await before.database.pool.query('update accounts set display_name_skeleton = null');
    expect(await shared(before, accessToken)).toEqual([]);
    await before.close();
    const after = await aTestApi(fresh);
    try {
      expect(await shared(after, accessToken)).toEqual(['ann', 'bob']);
    } finally {
      await after.close();
    }
  });
});
