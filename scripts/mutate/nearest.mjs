// Finds the test files that cover a source file: the nearest first, then wider ones.
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root } from '../run.mjs';

const server = (...names) => names.map((name) => `packages/server/${name}.test.ts`);

/** Tests outside of a folder that cover it. */
const WIDER = {
  'packages/server/src/messages': server(
    'src/conversations/commands.db',
    'src/live/live.db',
    'src/own-data/own-data.db',
    'src/doctor/repair.db',
  ),
  'packages/server/src/conversations': server(
    'src/messages/commands.db',
    'src/messages/read-cursors.db',
    'src/messages/visibility.db',
    'src/live/live.db',
    'src/own-data/own-data.db',
    'src/doctor/repair.db',
  ),
  'packages/server/src/accounts': server(
    'src/accounts/accounts.db',
    'src/accounts/registration/registration.db',
    'src/accounts/passwords/passwords.db',
    'src/http/access.db',
    'src/admin/admin.db',
    'src/sso/sso.db',
  ),
  'packages/server/src/factors': server('src/accounts/passwords/passwords.db', 'src/sso/sso.db'),
  'packages/server/src/http': server('src/live/live.db', 'src/accounts/accounts.db'),
  'packages/server/src/http-server': server('src/live/live.db', 'src/accounts/accounts.db'),
  'packages/server/src/live': server('src/messages/visibility.db', 'src/stream/hub.db'),
  'packages/server/src/stream': server('src/live/live.db', 'src/messages/visibility.db'),
};

const isTest = (name) => /\.test\.tsx?$/.test(name);

/** Returns the test files for a source file in three stages, each file once; a stage may be empty. */
export function stagesFor(file) {
  const folder = dirname(file);
  const stem = basename(file).replace(/\.tsx?$/, '');
  const all = readdirSync(join(root, folder)).filter(isTest);
  const own = all.filter((name) => name.startsWith(`${stem}.`));
  const unit = all.filter((name) => !name.includes('.db.') && !own.includes(name));
  const rest = all.filter((name) => !own.includes(name) && !unit.includes(name));
  const here = [[...own, ...unit], rest].map((names) => names.map((name) => `${folder}/${name}`));
  return [...here, widerFor(folder)];
}

/** Returns the tests outside of a folder that cover it: its own, or those of the folder above. */
function widerFor(folder) {
  if (folder === '.') return [];
  return WIDER[folder] ?? widerFor(dirname(folder));
}
