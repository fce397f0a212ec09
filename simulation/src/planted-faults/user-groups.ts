import type { PackageEdit, PlantedFault } from './planted-fault.ts';

/** Planted faults of mentions of user groups. */

const STATE = 'I11 same state';
const USER_GROUPS = 'I19 user groups';

const edit = (file: string, find: string, replace: string): PackageEdit => ({
  file: `server/dist/messages/${file}`,
  find,
  replace,
});

/** The planted faults of user groups, by name. */
export const USER_GROUP_FAULTS: Readonly<Record<string, PlantedFault>> = {
  'user-group-incomplete': {
    description: 'leave a member out of the mention of a user group',
    caughtBy: [USER_GROUPS],
    edits: [edit('content/mentions.js', 'accounts: [...accounts]', 'accounts: accounts.slice(1)')],
  },
  'user-group-not-counted': {
    description: 'store no mentions of those whom a user group mentions',
    caughtBy: [STATE],
    edits: [
      edit(
        'projections/mention-projections.js',
        "m.kind === 'user_group' ? m.accounts : []",
        "m.kind === 'user_group' ? [] : []",
      ),
    ],
  },
};
