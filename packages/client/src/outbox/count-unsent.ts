import type { ClientSnapshot } from '../state/client-types.ts';
import type { Persistence } from '../storage/persistence.ts';

/**
 * Returns how many commands and changes of this device the server has not answered, without read cursors. Those of
 * other tabs are in the store that all tabs share.
 */
export async function countUnsent(
  { outbox, waitingChanges }: Pick<ClientSnapshot, 'outbox' | 'waitingChanges'>,
  persistence: Pick<Persistence, 'outbox' | 'changes'>,
): Promise<number> {
  const [stored, changes] = await Promise.all([persistence.outbox(), persistence.changes()]);
  const ids = [...outbox, ...stored]
    .filter(({ command }) => command.op !== 'read')
    .map(({ id }) => id);
  return new Set(ids).size + Math.max(changes.length, waitingChanges);
}
