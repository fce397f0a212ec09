import type { AccountId, User } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ParleyApi } from '../api/api.ts';
import { Users } from './users.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const id = (n: number | string) => `u${n}` as AccountId;
const user = (n: number | string, displayName = `Name ${n}`, nameIsShared = false) =>
  ({ id: id(n), username: `name${n}`, displayName, nameIsShared }) as User;

/** A client’s users, and a server with the given ones that counts its requests. */
function aList(accounts: User[]) {
  const requests: string[] = [];
  const server = { status: 200 };
  let known: ReadonlyMap<AccountId, User> = new Map();
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: async (input) => {
      const url = new URL(String(input));
      if (url.pathname.endsWith('/auth/token'))
        return Response.json({ accessToken: 't', accessTokenExpiresIn: 600, account: 'me' });
      requests.push(url.pathname.slice('/api/v1'.length) + url.search);
      const code = server.status === 404 ? 'account_not_found' : 'overloaded';
      if (server.status !== 200)
        return Response.json({ code, title: 'No' }, { status: server.status });
      const one = accounts.find((each) => url.pathname.endsWith(`/users/${each.id}`));
      if (one) return Response.json(one);
      const from = Number(url.searchParams.get('after') ?? 0);
      const items = accounts.slice(from, from + 200);
      const next = from + 200 < accounts.length ? `${from + 200}` : null;
      return Response.json({ items, next });
    },
  });
  const saved: string[][] = [];
  const users = new Users(
    api,
    (all) => {
      known = all;
    },
    (all) => saved.push(all.map((u) => u.displayName)),
  );
  return {
    users,
    saved,
    requests,
    server,
    names: () => [...known.values()].map((u) => u.displayName),
    known: () => known,
  };
}

/** Lets all requests in flight end. */
const settle = async () => {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
};

test('the list is loaded page by page', async () => {
  const { users, requests, known } = aList(Array.from({ length: 450 }, (_, n) => user(n)));
  users.load();
  await vi.waitFor(() => expect(known().size).toBe(450));
  expect(requests).toEqual([
    '/users?limit=200',
    '/users?limit=200&after=200',
    '/users?limit=200&after=400',
  ]);
});

test('at most the first 2,000 users of the list are loaded, and others when they are needed', async () => {
  const { users, requests, known } = aList(Array.from({ length: 2_300 }, (_, n) => user(n)));
  users.load();
  await vi.waitFor(() => expect(known().size).toBe(2_000));
  await settle();
  expect(requests).toHaveLength(10);
  users.loadUser(id(1));
  users.loadUser(id(2_200));
  users.loadUser(id(2_200));
  await vi.waitFor(() => expect(known().get(id(2_200))).toEqual(user(2_200)));
  expect(requests.slice(10)).toEqual(['/users/u2200']);
});

test('the list is loaded once at a time, and again when that is requested meanwhile', async () => {
  const { users, requests, known } = aList([user(1)]);
  users.load();
  users.load();
  await vi.waitFor(() => expect(known().size).toBe(1));
  await settle();
  expect(requests).toHaveLength(1);
  users.load();
  await vi.waitFor(() => expect(requests).toHaveLength(2));
});

test('a busy server is asked again after 5 s, and after a refusal the next connection retries', async () => {
  const { users, requests, server, known } = aList([user(1)]);
  server.status = 503;
  users.load();
  await vi.waitFor(() => expect(requests).toHaveLength(1));
  await settle();
  server.status = 200;
  vi.advanceTimersByTime(4_900);
  await settle();
  expect(requests).toHaveLength(1);
  vi.advanceTimersByTime(200);
  await vi.waitFor(() => expect(known().size).toBe(1));

  server.status = 403;
  users.load();
  await vi.waitFor(() => expect(requests).toHaveLength(3));
  await settle();
  vi.advanceTimersByTime(60_000);
  await settle();
  expect(requests).toHaveLength(3);
  // 429 is “too many requests”: also a busy server.
  server.status = 429;
  users.load();
  await vi.waitFor(() => expect(requests).toHaveLength(4));
  await settle();
  server.status = 200;
  vi.advanceTimersByTime(5_000);
  await vi.waitFor(() => expect(requests).toHaveLength(5));
});

test('an unknown user is requested once; a failed request is retried', async () => {
  const { users, requests, server } = aList([]);
  server.status = 404;
  users.loadUser(id(1));
  await settle();
  users.loadUser(id(1));
  await settle();
  expect(requests).toEqual(['/users/u1']);
  server.status = 503;
  await vi.waitFor(() => {
    users.loadUser(id(2));
    expect(requests).toEqual(['/users/u1', '/users/u2', '/users/u2']);
  });
});

test('reloads a known user who has changed, and forgets everyone on request', async () => {
  const accounts = [user(1)];
  const { users, requests, names } = aList(accounts);
  users.put(user(1));
  expect(names()).toEqual(['Name 1']);
  accounts[0] = user(1, 'New name');
  users.refresh(id(1));
  await vi.waitFor(() => expect(names()).toEqual(['New name']));
  users.clear();
  users.loadUser(id(1));
  await settle();
  expect(requests).toEqual(['/users/u1', '/users/u1']);
});

test('a name found to be shared is marked on all users who have it', () => {
  const { users, known } = aList([]);
  users.put(user(1, 'Ann'));
  users.put(user(2, 'Bob'));
  users.put(user(3, 'ＡＮＮ', true));
  expect([...known().values()].map((u) => u.nameIsShared)).toEqual([true, false, true]);
});

test('stored users are shown until newer ones arrive, and changes are stored together', async () => {
  const { users, saved, names } = aList([user(1, 'New')]);
  users.put(user(2, 'Loaded'));
  users.restore([user(1, 'Old'), user(2, 'Older')]);
  expect(names()).toEqual(['Old', 'Loaded']);
  users.load();
  await vi.waitFor(() => expect(names()).toEqual(['New', 'Loaded']));
  expect(saved).toEqual([]);
  vi.advanceTimersByTime(2_000);
  expect(saved).toEqual([['New', 'Loaded']]);
  users.put(user(3));
  users.clear();
  vi.advanceTimersByTime(2_000);
  expect(saved).toHaveLength(1);
});
