import { LIMITS } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import { startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { PAGE_BYTES } from '../messages/history/page-bytes.ts';
import { systemClock } from '../runtime/clock.ts';
import { ReportExpiry } from './expiry.ts';

let cluster: TestCluster;
let server: TestServer;
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

const codeOf = ({ status, body }: { status: number; body: { code: string } }) =>
  `${status} ${body?.code}`;

describe('reports of messages', () => {
  const report = (by: User, conversation: string, seq: number, more: object = {}) =>
    by.request('POST', `/conversations/${conversation}/messages/${seq}/report`, {
      reason: 'spam',
      ...more,
    });
  const events = async (account: User, type: string) => {
    const { rows } = await server.pool.query(
      'select data from events where stream_id = $1 and type = $2 order by seq',
      [account.id, type],
    );
    return rows.map(({ data }) => data);
  };
  /** A group of bob with dee and eli, and a message of dee in it. */
  const reported = async (name: string) => {
    const dee = await server.register(`dee-${name}`);
    const eli = await server.register(`eli-${name}`);
    const members = [dee.id, eli.id];
    const made = await bob.request('POST', '/conversations', {
      name,
      visibility: 'private',
      members,
    });
    const { id } = made.body;
    await eli.post(id, 'before');
    const seq = await dee.post(id, 'buy my pills');
    await eli.post(id, 'after');
    return { dee, eli, id, seq };
  };

  const reportsIn = async (by: User, conversation: string): Promise<string[]> =>
    (await by.request('GET', `/conversations/${conversation}/reports`)).body.items.map(
      ({ id }: { id: string }) => id,
    );
  /** Returns the id of the only open report in a group. */
  const reportIn = async (by: User, conversation: string): Promise<string> => {
    const { body } = await by.request('GET', `/conversations/${conversation}/reports`);
    expect(body.items).toHaveLength(1);
    return body.items[0].id;
  };

  test('are made once by members, and read by admins with their context', async () => {
    const { dee, eli, id, seq } = await reported('first');
    const fay = await server.register('fay');
    expect(codeOf(await report(fay, id, seq))).toBe('404 message_not_found');
    expect(codeOf(await report(dee, id, seq))).toBe('403 forbidden');
    expect((await report(eli, id, seq, { comment: 'again and again' })).status).toBe(204);
    expect((await report(eli, id, seq)).status).toBe(204);
    await bob.request('POST', `/conversations/${id}/messages/${seq}/report`, { reason: 'abuse' });
    expect(await events(eli, 'message.reported')).toEqual([
      { conversation: id, message: seq, reason: 'spam' },
    ]);
    // A former member no longer reports.
    const gus = await server.register('gus');
    await bob.request('POST', `/conversations/${id}/members`, { account: gus.id });
    await gus.request('POST', `/conversations/${id}/leave`);
    expect(codeOf(await report(gus, id, seq))).toBe('404 message_not_found');
    // The author removes the text; the report still has it.
    await dee.request('DELETE', `/conversations/${id}/messages/${seq}`);
    const { body } = await ann.request('GET', '/admin/reports');
    expect(body.items).toMatchObject([
      {
        conversation: id,
        conversationName: 'first',
        message: seq,
        author: { account: dee.id, username: 'dee-first' },
        reporter: { account: eli.id },
        reason: 'spam',
        comment: 'again and again',
        text: 'buy my pills',
        reports: 2,
      },
      { reporter: { account: bob.id }, reason: 'abuse' },
    ]);
    const details = await ann.request('GET', `/reports/${body.items[0].id}`);
    expect(
      details.body.context.map((m: { body: string; deleted: boolean }) => [m.body, m.deleted]),
    ).toEqual([
      ['before', false],
      ['', true],
      ['after', false],
    ]);
    const viewed = await server.pool.query(
      `select account_id, actor_id, details from audit_log where event = 'report_viewed'`,
    );
    expect(viewed.rows).toEqual([
      {
        account_id: dee.id,
        actor_id: ann.id,
        details: { report: body.items[0].id, conversation: id, message: seq },
      },
    ]);
  });

  test('are counted for those who may read them, who are notified of changes', async () => {
    const { dee, eli, id, seq } = await reported('counted');
    const other = await reported('elsewhere');
    const countOf = async (user: User) =>
      (await user.request('GET', '/reports/open')).body.conversations.find(
        (c: { conversation: string }) => c.conversation === id,
      )?.open ?? 0;
    const [annsPeer, bobsPeer, elisPeer] = [server.peer(), server.peer(), server.peer()];
    await annsPeer.hello(ann.accessToken);
    await bobsPeer.hello(bob.accessToken);
    await elisPeer.hello(eli.accessToken);
    const told = (peer: typeof annsPeer) => peer.frames.filter(({ op }) => op === 'reports').length;
    const before = (await ann.request('GET', '/reports/open')).body.open;
    await report(eli, id, seq);
    await report(other.eli, other.id, other.seq);
    await expect.poll(() => [told(annsPeer), told(bobsPeer)]).toEqual([2, 2]);
    // Ann is an admin of the server, bob the owner of the groups.
    expect((await ann.request('GET', '/reports/open')).body.open).toBe(before + 2);
    expect(await Promise.all([ann, bob, dee, eli].map(countOf))).toEqual([1, 1, 0, 0]);
    // None of the caller’s own messages.
    await report(eli, id, await bob.post(id, 'mine'));
    expect([await countOf(ann), await countOf(bob)]).toEqual([2, 1]);
    await dee.request('POST', `/conversations/${id}/leave`);
    await bob.request('PATCH', `/conversations/${id}/members/${eli.id}`, { role: 'admin' });
    expect(await countOf(eli)).toBe(2);
    await bob.request('POST', `/reports/${(await reportsIn(bob, id))[0]}/resolve`, {
      action: 'dismiss',
    });
    await expect.poll(() => told(bobsPeer)).toBe(4);
    expect([await countOf(ann), await countOf(bob)]).toEqual([1, 0]);
    // Eli became an admin before the last change.
    expect(told(elisPeer)).toBe(1);
  });

  test('are limited for each account', async () => {
    const { eli, dee, id } = await reported('limited');
    for (let n = 0; n < LIMITS.reportsPerHour; n++) {
      expect((await report(eli, id, await dee.post(id, `pill ${n}`))).status).toBe(204);
    }
    const limited = await report(eli, id, await dee.post(id, 'one more'));
    expect(codeOf(limited)).toBe('429 rate_limited');
    expect(limited.body.retryAfter).toBeGreaterThan(3_000);
    expect(limited.body.retryAfter).toBeLessThanOrEqual(3_600);
  });

  test('are resolved by group admins, who delete the message and cannot suspend', async () => {
    const { dee, eli, id, seq } = await reported('group');
    await report(eli, id, seq, { comment: 'again and again' });
    expect(codeOf(await dee.request('GET', `/conversations/${id}/reports`))).toBe('403 forbidden');
    expect(codeOf(await bob.request('GET', '/admin/reports'))).toBe('403 forbidden');
    const { body } = await bob.request('GET', `/conversations/${id}/reports`);
    expect(body.items).toMatchObject([
      { reporter: { account: eli.id }, comment: 'again and again' },
    ]);
    const path = `/reports/${body.items[0].id}`;
    expect((await bob.request('GET', path)).status).toBe(200);
    expect(codeOf(await dee.request('GET', path))).toBe('404 not_found');
    expect(codeOf(await eli.request('GET', path))).toBe('404 not_found');
    expect(codeOf(await eli.request('POST', `${path}/resolve`, { action: 'delete' }))).toBe(
      '404 not_found',
    );
    const suspendUntil = new Date(Date.now() + 60_000).toISOString();
    const tooMuch = { action: 'delete', suspendUntil };
    expect(codeOf(await bob.request('POST', `${path}/resolve`, tooMuch))).toBe('403 forbidden');
    expect((await bob.request('GET', path)).status).toBe(200);
    expect((await dee.request('GET', '/me')).status).toBe(200);
    expect((await bob.request('POST', `${path}/resolve`, { action: 'delete' })).status).toBe(204);
    expect((await eli.request('GET', `/conversations/${id}/messages/${seq}`)).body).toMatchObject({
      body: '',
      deletedAt: expect.any(String),
    });
    expect(await events(eli, 'report.resolved')).toEqual([
      { conversation: id, message: seq, resolution: 'deleted' },
    ]);
    expect(codeOf(await bob.request('GET', path))).toBe('404 not_found');
    const { rows } = await server.pool.query(
      `select message_text, comment, resolution, resolved_by from reports where account_id = $1`,
      [eli.id],
    );
    expect(rows).toEqual([
      { message_text: '', comment: '', resolution: 'deleted', resolved_by: bob.id },
    ]);
    const logged = await server.pool.query(
      `select account_id, actor_id, details from audit_log
       where event = 'report_resolved' and account_id = $1`,
      [dee.id],
    );
    expect(logged.rows).toEqual([
      {
        account_id: dee.id,
        actor_id: bob.id,
        details: { resolution: 'deleted', conversation: id, message: seq, reports: 1 },
      },
    ]);
  });

  test('are resolved together, with a suspension of the author', async () => {
    const { dee, eli, id, seq } = await reported('all');
    await report(eli, id, seq);
    await report(bob, id, seq);
    const { body } = await ann.request('GET', `/conversations/${id}/reports`);
    const suspendUntil = new Date(Date.now() + 60_000).toISOString();
    const path = `/reports/${body.items[1].id}/resolve`;
    const suspension = { suspendUntil, suspensionReason: 'pills' };
    const dismissal = await ann.request('POST', path, { action: 'dismiss', ...suspension });
    expect(codeOf(dismissal)).toBe('422 invalid');
    const resolved = await ann.request('POST', path, { action: 'delete', ...suspension });
    expect(resolved.status).toBe(204);
    expect((await ann.request('GET', `/conversations/${id}/reports`)).body.items).toEqual([]);
    const told = { conversation: id, message: seq, resolution: 'deleted' };
    expect(await events(eli, 'report.resolved')).toEqual([told]);
    expect(await events(bob, 'report.resolved')).toContainEqual(told);
    expect((await dee.request('GET', '/me')).status).toBe(401);
    const { rows } = await server.pool.query(
      `select event from audit_log where account_id = $1 and actor_id = $2 order by event`,
      [dee.id, ann.id],
    );
    expect(rows).toEqual([{ event: 'account_suspended' }, { event: 'report_resolved' }]);
  });

  test('are neither read nor resolved by the author of the message', async () => {
    const { dee, eli, id, seq } = await reported('own');
    const role = { role: 'admin' };
    await bob.request('PATCH', `/conversations/${id}/members/${dee.id}`, role);
    await report(eli, id, seq);
    const hers = await reportIn(bob, id);
    const of = await dee.request('GET', `/conversations/${id}/reports`);
    expect(of).toMatchObject({ status: 200, body: { items: [], next: null } });
    expect(codeOf(await dee.request('GET', `/reports/${hers}`))).toBe('404 not_found');
    const dismiss = (by: User) =>
      by.request('POST', `/reports/${hers}/resolve`, { action: 'dismiss' });
    expect(codeOf(await dismiss(dee))).toBe('404 not_found');

    // Nor an admin of the server.
    await ann.request('PATCH', `/admin/accounts/${dee.id}`, role);
    expect((await dee.request('GET', '/admin/reports')).body.items).not.toContainEqual(
      expect.objectContaining({ id: hers }),
    );
    expect(codeOf(await dee.request('GET', `/reports/${hers}`))).toBe('404 not_found');
    expect(codeOf(await dismiss(dee))).toBe('404 not_found');
    expect(await events(eli, 'report.resolved')).toEqual([]);
    expect((await dismiss(ann)).status).toBe(204);
  });

  test('are resolved by deletion only by those who may delete the messages of others', async () => {
    const { dee, eli, id, seq } = await reported('policy');
    const fay = await server.register('fay-policy');
    await bob.request('POST', `/conversations/${id}/members`, { account: fay.id });
    await bob.request('PATCH', `/conversations/${id}/members/${fay.id}`, { role: 'admin' });
    const path = `/conversations/${id}/minimum-roles`;
    expect((await bob.request('PATCH', path, { deleteOthers: 'owner' })).status).toBe(200);
    await report(eli, id, seq);
    const first = await reportIn(fay, id);
    const resolve = (by: User, of: string, action: string) =>
      by.request('POST', `/reports/${of}/resolve`, { action });
    expect(codeOf(await resolve(fay, first, 'delete'))).toBe('403 forbidden');
    await bob.request('POST', `/conversations/${id}/archive`);
    expect(codeOf(await resolve(bob, first, 'delete'))).toBe('409 conversation_archived');
    const message = await dee.request('GET', `/conversations/${id}/messages/${seq}`);
    expect(message.body.deletedAt).toBeNull();
    expect((await resolve(fay, first, 'dismiss')).status).toBe(204);
  });

  test('are resolved once: retries succeed, and another resolution is refused', async () => {
    const { eli, id, seq } = await reported('race');
    await report(eli, id, seq);
    const path = `/reports/${await reportIn(bob, id)}/resolve`;
    const key = { 'idempotency-key': aClientId() };
    const resolve = (by: User, action: string, headers = {}) =>
      by.request('POST', path, { action }, headers);
    expect((await resolve(bob, 'dismiss', key)).status).toBe(204);
    expect((await resolve(bob, 'dismiss', key)).status).toBe(204);
    expect(codeOf(await resolve(bob, 'delete', key))).toBe('422 client_id_reused');
    expect((await resolve(ann, 'dismiss')).status).toBe(204);
    expect(codeOf(await resolve(ann, 'delete'))).toBe('409 report_resolved');
    expect(await events(eli, 'report.resolved')).toHaveLength(1);
    expect((await eli.request('GET', `/conversations/${id}/messages/${seq}`)).body.body).toBe(
      'buy my pills',
    );
  });

  test('tell one of two concurrent admins that the other was first', async () => {
    const { eli, id, seq } = await reported('two');
    await report(eli, id, seq);
    const path = `/reports/${await reportIn(bob, id)}/resolve`;
    const answers = await Promise.all([
      ann.request('POST', path, { action: 'delete' }),
      bob.request('POST', path, { action: 'dismiss' }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    const [resolved] = await events(eli, 'report.resolved');
    expect(resolved.resolution).toBe(answers[0]?.status === 204 ? 'deleted' : 'dismissed');
  });

  test('are shown with messages of the same thread from before the report', async () => {
    const { dee, eli, id, seq } = await reported('context');
    const reply = await dee.request('POST', `/conversations/${id}/messages`, {
      body: 'in the thread',
      thread: seq,
    });
    expect(reply.status).toBe(201);
    await report(eli, id, seq);
    await dee.post(id, 'later');
    await dee.request('PATCH', `/conversations/${id}/messages/${seq}`, { body: 'buy nothing' });
    const context = async (of: string) => {
      const { body } = await bob.request('GET', `/reports/${of}`);
      return body.context.map((m: { body: string; editedSince: boolean }) => [
        m.body,
        m.editedSince,
      ]);
    };
    const first = await reportIn(bob, id);
    expect(await context(first)).toEqual([
      ['before', false],
      ['buy nothing', true],
      ['after', false],
    ]);
    await bob.request('POST', `/reports/${first}/resolve`, { action: 'dismiss' });
    await report(eli, id, reply.body.seq);
    expect(await context(await reportIn(bob, id))).toEqual([['in the thread', false]]);
  });

  test('can be made again once resolved, and are closed with their group', async () => {
    const { dee, eli, id } = await reported('again');
    const poll = await dee.request('POST', `/conversations/${id}/polls`, {
      question: 'Which pills?',
      choices: ['red', 'blue'],
    });
    expect(poll.status).toBe(201);
    const { seq } = poll.body;
    await report(eli, id, seq);
    const first = await reportIn(bob, id);
    await bob.request('POST', `/reports/${first}/resolve`, { action: 'dismiss' });
    expect((await report(eli, id, seq)).status).toBe(204);
    const second = await reportIn(bob, id);
    expect(second).not.toBe(first);
    const details = await bob.request('GET', `/reports/${second}`);
    expect(details.body.report).toMatchObject({ files: [], choices: ['red', 'blue'] });
    expect((await bob.request('DELETE', `/conversations/${id}`)).status).toBe(204);
    const { rows } = await server.pool.query(
      `select resolution, poll_choices, message_text from reports where id = $1`,
      [second],
    );
    expect(rows).toEqual([{ resolution: 'group_deleted', poll_choices: [], message_text: '' }]);
    const earlier = await server.pool.query('select resolution from reports where id = $1', [
      first,
    ]);
    expect(earlier.rows).toEqual([{ resolution: 'dismissed' }]);
    expect(codeOf(await ann.request('GET', `/reports/${second}`))).toBe('404 not_found');
  });

  test('of messages of deleted accounts are refused, and lose their texts', async () => {
    const { dee, eli, id, seq } = await reported('erased');
    await report(eli, id, seq);
    const deleted = await ann.request('DELETE', `/admin/accounts/${dee.id}?messages=delete`);
    expect(deleted.status).toBe(204);
    expect(codeOf(await report(bob, id, seq))).toMatch(
      /^(404 account_not_found|409 message_deleted)$/,
    );
    const { rows } = await server.pool.query(
      'select message_text from reports where conversation_id = $1',
      [id],
    );
    expect(rows).toEqual([{ message_text: '' }]);
    // Also of messages that remain.
    const kept = await reported('kept');
    const left = await ann.request('DELETE', `/admin/accounts/${kept.dee.id}?messages=keep`);
    expect(left.status).toBe(204);
    expect(codeOf(await report(kept.eli, kept.id, kept.seq))).toBe('404 account_not_found');
  });

  test('are listed in pages that end by their bytes', async () => {
    const { dee, eli, id } = await reported('pages');
    await report(eli, id, await dee.post(id, 'small'));
    await report(bob, id, await dee.post(id, 'small too'));
    await server.pool.query(
      `update reports set message_text = repeat('x', $2) where conversation_id = $1`,
      [id, PAGE_BYTES],
    );
    const first = await bob.request('GET', `/conversations/${id}/reports`);
    expect(first.body.items).toHaveLength(1);
    const after = encodeURIComponent(first.body.next);
    const second = await bob.request('GET', `/conversations/${id}/reports?after=${after}`);
    expect(second.body.items).toHaveLength(1);
    expect(second.body.items[0].id).not.toBe(first.body.items[0].id);
    expect(second.body.next).toBeNull();
  });

  test('are removed 90 days after they were resolved, in batches, and not before', async () => {
    const { dee, id, seq } = await reported('expiry');
    await server.pool.query(
      `insert into reports (id, account_id, conversation_id, message_seq, author_id, reason,
                            comment, message_text, reported_at, resolved_at, resolution)
       select gen_random_uuid(), $1, $2, $3, $4, 'spam', '', '', now() - interval '1 year',
              now() - interval '90 days' + make_interval(secs => case when n > 1001 then 60 else -60 end),
              'dismissed'
       from generate_series(1, 1003) n`,
      [bob.id, id, seq, dee.id],
    );
    await report(bob, id, seq);
    await server.pool.query(
      `update reports set reported_at = now() - interval '1 year'
       where conversation_id = $1 and resolved_at is null`,
      [id],
    );
    const expiry = new ReportExpiry({ pool: server.pool, clock: systemClock, log: testLog });
    await Promise.all([expiry.removeExpired(), expiry.removeExpired()]);
    const { rows } = await server.pool.query(
      `select count(*) filter (where resolved_at is null)::int as open,
              count(resolved_at)::int as resolved
       from reports where conversation_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ open: 1, resolved: 2 }]);
  });
});
