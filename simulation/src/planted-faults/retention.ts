import type { PackageEdit, PlantedFault } from './planted-fault.ts';

/** Planted faults of messages that expire. */

const EXPIRED = 'I18 expired';
const STATE = 'I11 same state';

const edit = (file: string, find: string, replace: string): PackageEdit => ({
  file: `server/dist/retention/${file}`,
  find,
  replace,
});

/** The planted faults of retention, by name. */
export const RETENTION_FAULTS: Readonly<Record<string, PlantedFault>> = {
  'expired-early': {
    description: 'delete messages a moment before they expire',
    caughtBy: [EXPIRED],
    edits: [edit('policy.js', 'now - days * DAY_MS', 'now + 300 - days * DAY_MS')],
  },
  'expired-too-far': {
    description: 'record that messages which have not expired yet are deleted',
    caughtBy: [EXPIRED, STATE],
    edits: [
      edit(
        'expire.js',
        'progress(conversation, seqs[seqs.length - 1])',
        'progress(conversation, rows[rows.length - 1].seq)',
      ),
    ],
  },
  'expired-by-earlier-choice': {
    description: 'delete expired messages although the group has just chosen to keep them',
    caughtBy: [EXPIRED],
    edits: [
      edit(
        'expire.js',
        'const days = retentionDays(settings, await choiceIn(tx, conversation));',
        'const days = (await choiceIn(tx, conversation), retentionDays(settings, 1));',
      ),
    ],
  },
};
