import {
  type ConversationId,
  DEFAULT_LAYOUT,
  LIMITS,
  PLACEMENTS_PER_EVENT,
  type SidebarMove,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { examine } from '../doctor/doctor.ts';

let cluster: TestCluster;
let server: TestServer;
let ann: User;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  ann = await server.register('ann');
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

const codeOf = ({ status, body }: { status: number; body: { code: string } }) =>
  `${status} ${body?.code}`;
const sidebarOf = async (user: User) => (await user.request('GET', '/me/sidebar')).body;
const create = async (user: User, name: string): Promise<string> => {
  const answer = await user.request('POST', '/me/sidebar/sections', { name });
  expect(answer.status).toBe(201);
  return answer.body.sections[1].id;
};
const changeSection = (user: User, section: string, body: object) =>
  user.request('PATCH', `/me/sidebar/sections/${section}`, body);
const move = (user: User, body: object) => user.request('POST', '/me/sidebar/moves', body);
const directOf = async (user: User, other: User): Promise<ConversationId> =>
  (await user.request('POST', '/conversations/direct', { account: other.id })).body.id;
const close = (user: User, conversation: string, seq: number, headers: object = {}) =>
  user.request('PUT', `/me/sidebar/closed/${conversation}`, { seq }, { ...headers });
const reopen = (user: User, conversation: string) =>
  user.request('DELETE', `/me/sidebar/closed/${conversation}`);
/** The conversation as its client receives it. */
const viewOf = async (user: User, conversation: string) =>
  (await user.request('GET', `/conversations/${conversation}`)).body;
const eventsOf = (user: User) =>
  server.rows(
    `select type, data from events where stream_id = '${user.id}' and type like 'sidebar.%'
     order by seq`,
  );
/** The names of the conversations of a section, by rank. */
const orderOf = async (user: User, section: string, names: Readonly<Record<string, string>>) => {
  const { placements } = await sidebarOf(user);
  return (placements as { section: string; conversation: string; rank: number }[])
    .filter((one) => one.section === section)
    .sort((a, b) => a.rank - b.rank)
    .map((one) => names[one.conversation]);
};

describe('sections', () => {
  test('are the default ones at first, and change field by field', async () => {
    const bea = await server.register('bea');
    expect(await sidebarOf(bea)).toEqual({
      ...DEFAULT_LAYOUT,
      placements: [],
      closed: [],
      seq: 0,
    });
    const work = await create(bea, '  Work   things ');
    expect((await changeSection(bea, 'groups', { isCollapsed: true })).status).toBe(200);
    expect((await changeSection(bea, 'groups', { order: 'recent' })).status).toBe(200);
    expect((await changeSection(bea, 'direct', { before: 'favorites' })).status).toBe(200);
    const { body } = await bea.request('PATCH', '/me/sidebar', { unreadOnly: true });
    expect(body).toMatchObject({
      unreadOnly: true,
      sections: [
        { id: 'direct' },
        { id: 'favorites' },
        { id: work, name: 'Work things', isCollapsed: false, order: 'manual' },
        { id: 'groups', isCollapsed: true, order: 'recent' },
      ],
    });
    // A change without effect stores no event.
    const before = await eventsOf(bea);
    await changeSection(bea, 'groups', { isCollapsed: true });
    await changeSection(bea, work, { before: 'groups' });
    await bea.request('PATCH', '/me/sidebar', { unreadOnly: true });
    await bea.request('PATCH', '/me/sidebar', {});
    expect(await eventsOf(bea)).toEqual(before);
  });

  test('refuse changes to unknown and built-in sections', async () => {
    const cal = await server.register('cal');
    const work = await create(cal, 'Work');
    expect(codeOf(await changeSection(cal, uuidv7(), { name: 'No' }))).toBe(
      '404 section_not_found',
    );
    expect(codeOf(await changeSection(ann, work, { name: 'No' }))).toBe('404 section_not_found');
    expect(codeOf(await changeSection(cal, work, { before: uuidv7() }))).toBe(
      '404 section_not_found',
    );
    expect(codeOf(await changeSection(cal, 'groups', { name: 'Channels' }))).toBe(
      '409 section_built_in',
    );
    expect(codeOf(await cal.request('DELETE', '/me/sidebar/sections/direct'))).toBe(
      '409 section_built_in',
    );
    expect(codeOf(await changeSection(cal, 'channels', { isCollapsed: true }))).toBe(
      '404 not_found',
    );
    expect(
      codeOf(
        await changeSection(cal, work, { name: 'x'.repeat(LIMITS.sectionNameCharacters + 1) }),
      ),
    ).toBe('422 invalid');
    for (let n = 1; n < LIMITS.sidebarSections; n++) await create(cal, `Section ${n}`);
    expect(codeOf(await cal.request('POST', '/me/sidebar/sections', { name: 'One more' }))).toBe(
      '409 too_many_sections',
    );
  });

  test('merge concurrent changes from two devices', async () => {
    const dee = await server.register('dee');
    const work = await create(dee, 'Work');
    const answers = await Promise.all([
      changeSection(dee, work, { isCollapsed: true }),
      changeSection(dee, work, { name: 'Projects' }),
      changeSection(dee, 'direct', { isCollapsed: true }),
      changeSection(dee, 'groups', { before: 'favorites' }),
    ]);
    expect(answers.map((one) => one.status)).toEqual([200, 200, 200, 200]);
    expect((await sidebarOf(dee)).sections).toMatchObject([
      { id: 'groups' },
      { id: 'favorites' },
      { id: work, name: 'Projects', isCollapsed: true },
      { id: 'direct', isCollapsed: true },
    ]);
  });

  test('send each change to all devices once, even if the request is repeated', async () => {
    const eve = await server.register('eve');
    const device = server.peer();
    await device.hello(eve.accessToken);
    const id = aClientId();
    for (const _ of [1, 2]) {
      const answer = await eve.request(
        'POST',
        '/me/sidebar/sections',
        { name: 'Once' },
        { 'idempotency-key': id },
      );
      expect(answer.body.sections[1]).toMatchObject({ id, name: 'Once' });
    }
    const event = await device.next('event', (e) => e.type === 'sidebar.changed');
    expect(event.data).toMatchObject({ sections: [{}, { id, name: 'Once' }, {}, {}] });
    expect(await eventsOf(eve)).toHaveLength(1);
    device.close();
  });
});

describe('closed conversations', () => {
  test('are marked as read up to the message that was seen, on all devices', async () => {
    const liv = await server.register('liv');
    const direct = await directOf(ann, liv);
    const first = await ann.post(direct, 'First');
    const second = await ann.post(direct, 'Second');
    const device = server.peer();
    await device.hello(liv.accessToken);
    const headers = { 'idempotency-key': aClientId() };
    for (const _ of [1, 2]) {
      const answer = await close(liv, direct, second, headers);
      expect(answer.status).toBe(200);
      expect(answer.body.closed).toEqual([{ conversation: direct, seq: second }]);
    }
    const closed = await device.next('event', (e) => e.type === 'sidebar.closed');
    expect(closed.data).toEqual({
      closed: [{ conversation: direct, seq: second }],
      reopened: [],
    });
    const read = await device.next('read', ({ cursor }) => cursor.conversation === direct);
    expect(read.cursor).toMatchObject({ readSeq: second, unread: 0 });
    expect(await viewOf(liv, direct)).toMatchObject({ unread: 0, readSeq: second });
    // An earlier close of another device changes nothing.
    const before = await eventsOf(liv);
    expect(before).toHaveLength(1);
    await close(liv, direct, first);
    expect(await eventsOf(liv)).toEqual(before);

    expect((await reopen(liv, direct)).body.closed).toEqual([]);
    const reopened = await device.next('event', (e) => e.type === 'sidebar.closed');
    expect(reopened.data).toEqual({ closed: [], reopened: [direct] });
    await reopen(liv, direct);
    expect(await eventsOf(liv)).toHaveLength(2);
    device.close();
  });

  test('never hide a message that arrives while they are being closed', async () => {
    const mia = await server.register('mia');
    const direct = await directOf(ann, mia);
    for (let n = 0; n < 20; n++) {
      const seen = await ann.post(direct, `Seen ${n}`);
      const [answer, late] = await Promise.all([
        close(mia, direct, seen),
        ann.post(direct, `Not seen ${n}`),
      ]);
      expect(answer.body.closed).toEqual([{ conversation: direct, seq: seen }]);
      const view = await viewOf(mia, direct);
      expect(view).toMatchObject({ readSeq: seen, unread: 1, lastMessage: { seq: late } });
    }
  });

  test('are closed at most up to the last event that exists', async () => {
    const ned = await server.register('ned');
    const direct = await directOf(ann, ned);
    const seen = await ann.post(direct, 'Seen');
    const { body } = await close(ned, direct, seen + 1_000);
    expect(body.closed).toEqual([{ conversation: direct, seq: seen }]);
    await ann.post(direct, 'Later');
    expect(await viewOf(ned, direct)).toMatchObject({ readSeq: seen, unread: 1 });
  });

  test('can only be direct ones of the user', async () => {
    const ola = await server.register('ola');
    const group = await ola.group('not direct');
    const other = await directOf(ann, await server.register('ole'));
    expect(codeOf(await close(ola, group, 1))).toBe('409 not_direct');
    expect(codeOf(await close(ola, other, 1))).toBe('404 conversation_not_found');
    expect(codeOf(await close(ola, group, -1))).toBe('422 invalid');
    expect((await reopen(ola, other)).status).toBe(200);
    expect(await eventsOf(ola)).toEqual([]);
  });

  test('are limited in number, not counting those that later messages brought back', async () => {
    const pat = await server.register('pat');
    const [back, another, last] = await Promise.all(
      ['pam', 'pit', 'pol'].map(async (name) => directOf(pat, await server.register(name))),
    );
    await close(pat, back as string, 1);
    await pat.post(back as ConversationId, 'Back');
    await server.rows(
      `insert into sidebar_closed (account_id, conversation_id, closed_seq)
       select '${pat.id}', gen_random_uuid(), 1
       from generate_series(1, ${LIMITS.closedConversations - 1}) n`,
    );
    const { status, body } = await close(pat, another as string, 1);
    expect(status).toBe(200);
    const ids = (body.closed as { conversation: string }[]).map((one) => one.conversation);
    expect(ids).toHaveLength(LIMITS.closedConversations);
    expect(ids).toContain(another);
    expect(ids).not.toContain(back);
    expect(codeOf(await close(pat, last as string, 1))).toBe('409 too_many_closed');
  });
});

describe('conversations', () => {
  test('are moved between and within sections', async () => {
    const fay = await server.register('fay');
    const names: Record<string, string> = {};
    for (const name of ['a', 'b', 'c', 'd']) names[await fay.group(`group ${name}`)] = name;
    const [a, b, c, d] = Object.keys(names);
    const work = await create(fay, 'Work');
    const order = () => orderOf(fay, work, names);
    expect((await move(fay, { conversations: [a, b], section: work })).status).toBe(200);
    await move(fay, { conversations: [c], section: work, after: null });
    await move(fay, { conversations: [d], section: work, after: a });
    expect(await order()).toEqual(['c', 'a', 'd', 'b']);
    await move(fay, { conversations: [b, d], section: work, after: c });
    expect(await order()).toEqual(['c', 'b', 'd', 'a']);
    await move(fay, { conversations: [c], section: 'favorites' });
    await move(fay, { conversations: [d], section: null });
    expect(await order()).toEqual(['b', 'a']);
    expect(await orderOf(fay, 'favorites', names)).toEqual(['c']);
    const before = await eventsOf(fay);
    await move(fay, { conversations: [d], section: null });
    expect(await eventsOf(fay)).toEqual(before);
    // Conversations of a deleted section return to their default sections.
    expect((await fay.request('DELETE', `/me/sidebar/sections/${work}`)).body).toMatchObject({
      sections: DEFAULT_LAYOUT.sections,
      placements: [{ conversation: c, section: 'favorites' }],
    });
    expect(codeOf(await move(fay, { conversations: [a], section: work }))).toBe(
      '404 section_not_found',
    );
  });

  test('keep their order when there is no rank left between two', async () => {
    const gil = await server.register('gil');
    const names: Record<string, string> = {};
    for (const name of ['a', 'b', 'c']) names[await gil.group(`group ${name}`)] = name;
    const [a, b, c] = Object.keys(names);
    await move(gil, { conversations: [a, b, c], section: 'favorites' });
    // Each of the last two goes directly behind the first in turn, until the gap is used up.
    for (let n = 0; n < 40; n++) {
      await move(gil, { conversations: [n % 2 ? b : c], section: 'favorites', after: a });
    }
    expect(await orderOf(gil, 'favorites', names)).toEqual(['a', 'b', 'c']);
  });

  test('are not found if they are not the user’s own, or were left', async () => {
    const hal = await server.register('hal');
    const group = await ann.group('of ann', [hal]);
    const other = await ann.group('not of hal');
    await move(hal, { conversations: [group], section: 'favorites' });
    expect(codeOf(await move(hal, { conversations: [group, other], section: 'favorites' }))).toBe(
      '404 conversation_not_found',
    );
    expect((await move(hal, { conversations: [other], section: null })).status).toBe(200);
    await hal.request('POST', `/conversations/${group}/leave`);
    expect(codeOf(await move(hal, { conversations: [group], section: 'favorites' }))).toBe(
      '404 conversation_not_found',
    );
    expect((await move(hal, { conversations: [group], section: null })).body.placements).toEqual(
      [],
    );
    expect(codeOf(await move(hal, { conversations: [group, group], section: null }))).toBe(
      '422 invalid',
    );
  });

  test('are limited in number, not counting groups that were left', async () => {
    const ida = await server.register('ida');
    const kept = await ida.group('kept');
    const more = await ida.group('one more');
    // Placements of conversations that the account is not a member of, as after leaving that many
    // groups.
    await server.rows(`insert into sidebars (account_id, seq) values ('${ida.id}', 1)`);
    await server.rows(
      `insert into sidebar_placements (account_id, conversation_id, section, rank)
       select '${ida.id}', gen_random_uuid(), 'groups', n
       from generate_series(1, ${LIMITS.sidebarPlacements - 1}) n`,
    );
    expect((await move(ida, { conversations: [kept], section: 'groups' })).status).toBe(200);
    // There is no rank left before the first: all are given new ones.
    const { body } = await move(ida, { conversations: [more], section: 'groups', after: null });
    expect(body.placements).toMatchObject([{ conversation: more }, { conversation: kept }]);
    const events = (await eventsOf(ida)) as { data: SidebarMove }[];
    expect(events.every((one) => one.data.removed.length <= PLACEMENTS_PER_EVENT)).toBe(true);
    // No event gives a new rank to a conversation that another one removes.
    const placed = events.flatMap((one) => one.data.placed.map((p) => p.conversation));
    expect(new Set(placed)).toEqual(new Set([kept, more]));
  });

  test('are limited in number', async () => {
    const joe = await server.register('joe');
    const last = await joe.group('last');
    const many = Array.from({ length: LIMITS.sidebarPlacements }, () => `'${uuidv7()}'::uuid`);
    const ids = `unnest(array[${many.join()}]) with ordinality as g (id, n)`;
    await server.rows(`insert into streams (id, kind) select id, 'conversation' from ${ids}`);
    await server.rows(
      `insert into conversations (id, kind, visibility, name, created_by, created_at)
       select id, 'group', 'private', 'group ' || n, '${joe.id}', now() from ${ids}`,
    );
    await server.rows(
      `insert into memberships (conversation_id, account_id, joined_seq)
       select id, '${joe.id}', 1 from ${ids}`,
    );
    await server.rows(`insert into sidebars (account_id, seq) values ('${joe.id}', 1)`);
    await server.rows(
      `insert into sidebar_placements (account_id, conversation_id, section, rank)
       select '${joe.id}', id, 'groups', n from ${ids}`,
    );
    expect(codeOf(await move(joe, { conversations: [last], section: 'groups' }))).toBe(
      '409 too_many_placements',
    );
    for (const [table, key] of [
      ['sidebar_placements', 'conversation_id'],
      ['memberships', 'conversation_id'],
      ['conversations', 'id'],
      ['streams', 'id'],
    ]) {
      await server.rows(`delete from ${table} where ${key} = any(array[${many.join()}])`);
    }
    await server.rows(`delete from sidebars where account_id = '${joe.id}'`);
  });

  test('are in the export, and are removed when the account is erased', async () => {
    const kim = await server.register('kim');
    const section = await create(kim, 'Secret plan');
    const group = await ann.group('of kim', [kim]);
    await move(kim, { conversations: [group], section });
    const direct = await directOf(kim, ann);
    await close(kim, direct, 1);
    const { body } = await kim.request('POST', '/me/export', { password: PASSWORD });
    expect(body.sidebar).toMatchObject({
      layout: { unreadOnly: false, sections: [{}, { id: section, name: 'Secret plan' }, {}, {}] },
      placements: [{ conversation: group, section }],
      closed: [{ conversation: direct, seq: 1 }],
    });
    await kim.request('POST', '/me/delete', { password: PASSWORD, messages: 'keep' });
    await until(
      async () =>
        (
          await server.rows(
            `select from erasures where account_id = '${kim.id}' and done_at is not null`,
          )
        ).length === 1,
      'the erasure to be done',
    );
    const left = JSON.stringify(await eventsOf(kim));
    expect(left).not.toContain('Secret');
    expect(left).not.toContain(group);
    expect(left).not.toContain(direct);
    for (const table of ['sidebars', 'sidebar_placements', 'sidebar_closed']) {
      expect(await server.rows(`select from ${table} where account_id = '${kim.id}'`)).toEqual([]);
    }
  });

  test('can be rebuilt from the events', async () => {
    await server.rows(
      `delete from sidebar_placements where not exists (
         select from memberships m where m.conversation_id = sidebar_placements.conversation_id)`,
    );
    await server.rows(
      `delete from sidebar_closed where not exists (
         select from memberships m where m.conversation_id = sidebar_closed.conversation_id)`,
    );
    expect(await examine(server.pool)).toEqual([]);
  });
});
