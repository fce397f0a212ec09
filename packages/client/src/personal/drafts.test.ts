import { ConversationId, type Draft, Seq } from '@parley/protocol';
import { expect, test } from 'vitest';
import { ParleyApi } from '../api/api.ts';
import { type DraftChanged, Drafts } from './drafts.ts';

const C = ConversationId.parse('0197a000-0000-7000-8000-00000000000c');

test('an answer to a request of a former account is ignored', async () => {
  const bodies = ['of the former account', 'of this account'];
  const answers: (() => void)[] = [];
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: async (input) => {
      if (new URL(String(input)).pathname === '/api/v1/auth/token') {
        return Response.json({ accessToken: 't', accessTokenExpiresIn: 600 });
      }
      const draft = { conversation: C, version: 9 - answers.length, body: bodies[answers.length] };
      await new Promise<void>((resolve) => answers.push(resolve));
      return Response.json({ readVersion: draft.version, items: [draft] });
    },
  });
  const changes: DraftChanged[] = [];
  const drafts = new Drafts(api, (change) => changes.push(change));
  const former = drafts.load();
  await expect.poll(() => answers.length).toBe(1);
  drafts.clear();
  const present = drafts.load();
  await expect.poll(() => answers.length).toBe(2);
  answers[0]?.();
  await former;
  expect(changes).toEqual([]);
  answers[1]?.();
  await present;
  expect(drafts.get({ conversation: C }) satisfies Draft | null).toMatchObject({
    body: 'of this account',
  });
  expect(changes).toHaveLength(1);
});

test('after a restore of the server, its drafts count although their versions are lower', async () => {
  const lists = [
    { readVersion: 500, items: [{ conversation: C, version: 500, body: 'undone' }] },
    { readVersion: 400, items: [{ conversation: C, version: 390, body: 'restored' }] },
    { readVersion: 401, items: [] },
  ];
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: async (input) =>
      new URL(String(input)).pathname === '/api/v1/auth/token'
        ? Response.json({ accessToken: 't', accessTokenExpiresIn: 600 })
        : Response.json(lists.shift()),
  });
  const drafts = new Drafts(api, () => undefined);
  await drafts.load();
  drafts.restored();
  await drafts.reload(400);
  expect(drafts.get({ conversation: C })).toMatchObject({ body: 'restored' });
  drafts.restored();
  await drafts.reload(401);
  expect(drafts.get({ conversation: C })).toBeNull();
});

test('a load that a restore of the server interrupts ends with the drafts of the restored server', async () => {
  const lists = [
    { readVersion: 500, items: [{ conversation: C, version: 500, body: 'undone' }] },
    { readVersion: 400, items: [{ conversation: C, version: 390, body: 'restored' }] },
  ];
  const answers: (() => void)[] = [];
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: async (input) => {
      if (new URL(String(input)).pathname === '/api/v1/auth/token') {
        return Response.json({ accessToken: 't', accessTokenExpiresIn: 600 });
      }
      const list = lists[answers.length];
      await new Promise<void>((resolve) => answers.push(resolve));
      return Response.json(list);
    },
  });
  const drafts = new Drafts(api, () => undefined);
  const loaded = drafts.load().then(() => drafts.get({ conversation: C })?.body);
  await expect.poll(() => answers.length).toBe(1);
  drafts.restored();
  answers[0]?.();
  await expect.poll(() => answers.length).toBe(2);
  answers[1]?.();
  expect(await loaded).toBe('restored');
});

test('drafts are loaded again only if a change was missed', async () => {
  let readVersion = 5;
  let loads = 0;
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: async (input) => {
      if (new URL(String(input)).pathname === '/api/v1/auth/token') {
        return Response.json({ accessToken: 't', accessTokenExpiresIn: 600 });
      }
      loads++;
      return Response.json({ readVersion, items: [] });
    },
  });
  const drafts = new Drafts(api, () => undefined);
  await drafts.reload(5);
  expect(loads).toBe(0);
  await drafts.load();
  await drafts.reload(5);
  expect(loads).toBe(1);
  drafts.arrived(6);
  drafts.arrived(7);
  drafts.arrived(7);
  await drafts.reload(7);
  expect(loads).toBe(1);
  // The change with version 8 was lost.
  drafts.arrived(9);
  readVersion = 9;
  await drafts.reload(9);
  expect(loads).toBe(2);
  await drafts.reload(9);
  expect(loads).toBe(2);
  drafts.restored();
  await drafts.reload(3);
  expect(loads).toBe(3);
});

test('drafts of a conversation and of its threads are separate', async () => {
  const items = [
    { conversation: C, thread: null, version: 5, body: 'to all' },
    { conversation: C, thread: 7, version: 4, body: 'a reply' },
  ];
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: async (input) =>
      new URL(String(input)).pathname === '/api/v1/auth/token'
        ? Response.json({ accessToken: 't', accessTokenExpiresIn: 600 })
        : Response.json({ readVersion: 5, items }),
  });
  const changes: DraftChanged[] = [];
  const drafts = new Drafts(api, (change) => changes.push(change));
  await drafts.load();
  const thread = Seq.parse(7);
  expect(drafts.get({ conversation: C })).toMatchObject({ body: 'to all' });
  expect(drafts.get({ conversation: C, thread })).toMatchObject({ body: 'a reply' });
  drafts.apply({ conversation: C, thread, version: 6, draft: null });
  expect(drafts.get({ conversation: C, thread })).toBeNull();
  expect(drafts.get({ conversation: C })).toMatchObject({ body: 'to all' });
  expect(changes.at(-1)).toMatchObject({ conversation: C, thread, draft: null });
});

test('a change of a draft is reported once, and not after a later one', () => {
  const changes: DraftChanged[] = [];
  const drafts = new Drafts({} as ParleyApi, (change) => changes.push(change));
  const changeTo = (version: number, body: string) =>
    drafts.apply({ conversation: C, version, draft: { body } as Draft });
  changeTo(5, 'five');
  // The answer to a save, and its frame, have the same version.
  changeTo(5, 'five');
  changeTo(4, 'four');
  expect(changes.map(({ version }) => version)).toEqual([5]);
  expect(drafts.get({ conversation: C })).toMatchObject({ body: 'five' });
});

test('nothing of an account is left for the next one', async () => {
  let answer = {
    readVersion: 9,
    items: [{ conversation: C, thread: null, version: 9, body: 'a' }],
  };
  let loads = 0;
  const api = {
    drafts: async () => {
      loads++;
      return answer;
    },
  } as Partial<ParleyApi> as ParleyApi;
  const changes: DraftChanged[] = [];
  const drafts = new Drafts(api, (change) => changes.push(change));
  await drafts.load();
  expect(drafts.get({ conversation: C })).toMatchObject({ body: 'a' });
  drafts.clear();
  expect(drafts.get({ conversation: C })).toBeNull();
  // Not in use.
  await drafts.reload(20);
  expect(loads).toBe(1);
  // The versions of an account are its own.
  answer = { readVersion: 2, items: [{ conversation: C, thread: null, version: 2, body: 'b' }] };
  await drafts.load();
  expect(drafts.get({ conversation: C })).toMatchObject({ body: 'b' });
  drafts.arrived(3);
  await drafts.reload(3);
  expect(loads).toBe(2);
  await drafts.reload(4);
  expect([loads, changes.map(({ version }) => version)]).toEqual([3, [9, 2]]);
});

test('a saved draft is known, and reported once', async () => {
  const saved = { conversation: C, thread: null, version: 4, body: 'saved' };
  const api = { saveDraft: async () => saved } as unknown as ParleyApi;
  const changes: DraftChanged[] = [];
  const drafts = new Drafts(api, (change) => changes.push(change));
  expect(drafts.get({ conversation: C })).toBeNull();
  expect(await drafts.save({ conversation: C }, 'saved')).toBe(saved);
  expect(drafts.get({ conversation: C })).toBe(saved);
  expect(changes).toEqual([{ conversation: C, thread: null, version: 4, draft: saved }]);
});
