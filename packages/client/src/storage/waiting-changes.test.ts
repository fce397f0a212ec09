import type { ClientId } from '@parley/protocol';
import { expect, test } from 'vitest';
import { ApiError } from '../api/api-error.ts';
import { type WaitingChange, WaitingChanges } from './waiting-changes.ts';

const [a, b, c, d] = ['a', 'b', 'c', 'd'] as ClientId[] as [ClientId, ClientId, ClientId, ClientId];
const stored = (id: ClientId, of: WaitingChange['of'] = 'sidebar'): WaitingChange => ({
  id,
  of,
  change: `of ${id}`,
});

/** Changes whose requests are answered by the test, and what became of them. */
function opened(put: () => Promise<void> = async () => undefined) {
  const requests: { id: ClientId; done: () => void; fail: (error: Error) => void }[] = [];
  const removed: ClientId[] = [];
  const refused: Error[] = [];
  const changes = new WaitingChanges<string>({
    of: 'sidebar',
    put,
    remove: (id) => removed.push(id),
    refused: (error) => refused.push(error),
    changed: () => undefined,
    send: (_change, id) =>
      new Promise((done, fail) => {
        requests.push({ id, done, fail });
      }),
  });
  const ids = () => changes.changes.map(({ id }) => id);
  const sent = async (count: number) => {
    await expect.poll(() => requests.length).toBe(count);
    return requests[count - 1] as (typeof requests)[number];
  };
  return { changes, removed, refused, ids, sent };
}

test('an answer that comes after the changes were cleared concerns none that wait', async () => {
  const { changes, removed, ids, sent } = opened();
  void changes.add('of the former account', a);
  const former = await sent(1);
  changes.clear();
  const made = changes.add('of this account', b);
  former.done();
  const request = await sent(2);
  expect([removed, ids()]).toEqual([[], [b]]);
  request.done();
  expect(await made).toBe('made');
  expect(removed).toEqual([b]);
});

test('stored changes are sent in the order of the actions, after the one in flight', async () => {
  const { changes, ids, sent } = opened();
  void changes.add('in flight', c);
  void changes.add('next', d);
  await sent(1);
  changes.restore([stored(b), stored(c), stored(a), stored(a, 'locale')]);
  expect(ids()).toEqual([c, a, b, d]);
  (await sent(1)).done();
  for (const [n, id] of [a, b, d].entries()) {
    const request = await sent(n + 2);
    expect(request.id).toBe(id);
    request.done();
  }
});

test('a refused change is reported, to its caller or else as refused, and the next one is sent', async () => {
  const { changes, removed, refused, sent } = opened();
  const first = changes.add('first', b);
  changes.restore([stored(c)]);
  const problem = new ApiError('invalid', 'Invalid', { status: 422 });
  (await sent(1)).fail(problem);
  await expect(first).rejects.toBe(problem);
  (await sent(2)).fail(problem);
  await expect.poll(() => refused).toEqual([problem]);
  expect(removed).toEqual([b, c]);
});

test('without a connection a change waits once it is stored, until the client is connected', async () => {
  let keep: () => void = () => undefined;
  const { changes, removed, ids, sent } = opened(() => new Promise((done) => (keep = done)));
  const states: string[] = [];
  const outcome = changes.add('first', a).then((state) => states.push(state));
  (await sent(1)).fail(new ApiError('network', 'Offline'));
  await new Promise((resolve) => setTimeout(resolve));
  expect([states, ids()]).toEqual([[], [a]]);
  keep();
  await outcome;
  expect([states, removed]).toEqual([['waiting'], []]);
  changes.resume();
  const again = await sent(2);
  expect(again.id).toBe(a);
  again.done();
  await expect.poll(() => removed).toEqual([a]);
});
