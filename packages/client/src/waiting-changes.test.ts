import type { ClientId } from '@parley/protocol';
import { expect, test } from 'vitest';
import { WaitingChanges } from './waiting-changes.ts';

test('an answer that comes after the changes were cleared concerns none that wait', async () => {
  const answers: (() => void)[] = [];
  const removed: ClientId[] = [];
  const changes = new WaitingChanges<string>({
    of: 'sidebar',
    put: async () => undefined,
    remove: (id) => removed.push(id),
    refused: () => undefined,
    changed: () => undefined,
    send: () => new Promise((resolve) => answers.push(resolve)),
  });
  const [former, present] = ['1', '2'] as ClientId[] as [ClientId, ClientId];
  void changes.add('of the former account', former);
  changes.clear();
  const made = changes.add('of this account', present);
  answers[0]?.();
  await expect.poll(() => answers.length).toBe(2);
  expect([removed, changes.changes.map(({ id }) => id)]).toEqual([[], [present]]);
  answers[1]?.();
  expect(await made).toBe('made');
  expect(removed).toEqual([present]);
});
