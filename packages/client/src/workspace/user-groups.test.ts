import {
  AccountId,
  type EventData,
  Seq,
  type UserGroup,
  UserGroupId,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { expect, test } from 'vitest';
import { ParleyApi } from '../api/api.ts';
import { type UserGroupEvent, UserGroups } from './user-groups.ts';

const A = AccountId.parse('0197a000-0000-7000-8000-00000000000a');
const B = AccountId.parse('0197a000-0000-7000-8000-00000000000b');
const ids = ['1', '2'].map((n) => UserGroupId.parse(`0197a000-0000-7000-8000-00000000000${n}`));
const [ONE, TWO] = ids as [UserGroupId, UserGroupId];
const seqOf = (seq: number) => Seq.parse(seq);

const group = (id: UserGroupId, members: AccountId[], seq: number, title = 't'): UserGroup => ({
  id,
  name: `name-${id.at(-1)}`,
  title,
  members,
  changedSeq: seqOf(seq),
});

/** An event at a seq; its data decides its type. */
function event(seq: number, data: UserGroup | UserGroupId | AccountId): UserGroupEvent {
  const base = { op: 'event', stream: WORKSPACE_STREAM, seq: seqOf(seq), at: '', actor: A };
  if (typeof data === 'object') {
    const { id: userGroup, name, title, members } = data;
    const changed: EventData<'user_group.changed'> = { userGroup, name, title, members };
    return { ...base, client: null, type: 'user_group.changed', data: changed } as UserGroupEvent;
  }
  const isGroup = data === ONE || data === TWO;
  return {
    ...base,
    client: null,
    type: isGroup ? 'user_group.deleted' : 'user.deleted',
    data: isGroup ? { userGroup: data } : { account: data },
  } as UserGroupEvent;
}

/** The user groups of a client, and a server that answers when it is told to. */
function aClient() {
  const answers: ((body: object, status?: number) => void)[] = [];
  let shown: UserGroup[] | null = null;
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: async (input) => {
      if (String(input).endsWith('/auth/token'))
        return Response.json({ accessToken: 't', accessTokenExpiresIn: 600, account: 'me' });
      return new Promise((resolve) =>
        answers.push((body, status = 200) => resolve(Response.json(body, { status }))),
      );
    },
  });
  const groups = new UserGroups(api, (known) => {
    shown = [...known.values()];
  });
  const settle = async () => {
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    groups,
    answers,
    settle,
    shown: () => shown,
    async answer(items: UserGroup[], asOf: number) {
      await settle();
      answers.shift()?.({ items, asOf });
      await settle();
    },
  };
}

test('user groups are loaded once, on first use, and then change with events', async () => {
  const { groups, answers, answer, settle, shown } = aClient();
  groups.applied(event(1, group(ONE, [A], 1)));
  groups.connected();
  await settle();
  expect(answers).toHaveLength(0);
  expect(shown()).toBeNull();
  const loads = [groups.load(), groups.load()];
  await answer([group(ONE, [A, B], 2)], 3);
  await Promise.all([...loads, groups.load()]);
  expect(answers).toHaveLength(0);
  groups.applied(event(4, group(TWO, [B], 4)));
  expect(shown()).toEqual([group(ONE, [A, B], 2), group(TWO, [B], 4)]);
  groups.applied(event(5, B));
  expect(shown()).toEqual([group(ONE, [A], 5), group(TWO, [], 5)]);
  groups.applied(event(6, ONE));
  expect(shown()).toEqual([group(TWO, [], 5)]);
});

test('events that arrive during the load are applied, and none twice', async () => {
  const { groups, answer, settle, shown } = aClient();
  const loading = groups.load();
  await settle();
  groups.applied(event(3, group(ONE, [A], 3, 'old')));
  groups.applied(event(5, group(TWO, [B], 5)));
  groups.applied(event(6, A));
  // The answer is as of an event between them.
  await answer([group(ONE, [A], 4, 'new')], 4);
  await loading;
  expect(shown()).toEqual([group(ONE, [], 6, 'new'), group(TWO, [B], 5)]);
});

test('reloads user groups after skipped events, and ignores an earlier answer', async () => {
  const { groups, answers, answer, settle, shown } = aClient();
  const first = groups.load();
  await settle();
  groups.missed();
  await settle();
  const [late] = answers.splice(0, 1);
  await answer([group(TWO, [A], 9)], 9);
  late?.({ items: [group(ONE, [A], 1)], asOf: 1 });
  await first;
  expect(shown()).toEqual([group(TWO, [A], 9)]);
});

test('a failed load is retried at the next connection', async () => {
  const { groups, answers, answer, settle, shown } = aClient();
  const failed = groups.load();
  await settle();
  answers.shift()?.({ code: 'forbidden', title: 'No' }, 403);
  await expect(failed).rejects.toThrow();
  groups.connected();
  await answer([group(ONE, [], 1)], 1);
  expect(shown()).toEqual([group(ONE, [], 1)]);
  groups.clear();
  groups.connected();
  await settle();
  expect(answers).toHaveLength(0);
});
