// Finds the test files that cover a source file: the nearest first, then wider ones.
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root } from '../run.mjs';

const server = (...names) => names.map((name) => `packages/server/${name}.test.ts`);
/** Runs the server's delivery path and the client together, from sources. */
const SIMULATION = ['simulation/src/explore.test.ts'];
const CLIENT_AND_SERVER = server(
  'test/pitfalls/queued.db',
  'test/pitfalls/away.db',
  'test/pitfalls/guarantees.db',
  'test/pitfalls/unread.db',
  'test/pitfalls/replay-to-live.db',
);

/** Tests outside of a folder that cover it, in stages. */
const WIDER = {
  'packages/server/src/messages': [
    server(
      'src/conversations/commands.db',
      'src/live/live.db',
      'src/own-data/own-data.db',
      'src/doctor/repair.db',
      'src/http/access.db',
      'test/fuzz/fuzz',
    ),
  ],
  'packages/server/src/conversations': [
    server(
      'src/messages/commands.db',
      'src/messages/read-cursors/read-cursors.db',
      'src/messages/visibility.db',
      'src/live/live.db',
      'src/own-data/own-data.db',
      'src/doctor/repair.db',
    ),
    [...server('test/fuzz/fuzz', 'src/http/access.db'), ...SIMULATION],
  ],
  'packages/server/src/accounts': [
    server(
      'src/accounts/attempts/attempt-limits.db',
      'src/accounts/sessions/sessions.db',
      'src/accounts/accounts.db',
      'src/accounts/registration/registration.db',
      'src/accounts/passwords/passwords.db',
    ),
    server(
      'src/audit/audit-log.db',
      'src/sso/sso.db',
      'src/integrations/keys.db',
      'src/admin/admin.db',
      'src/own-data/own-data.db',
      'src/http/access.db',
      'src/factors/factors.db',
      'test/session-ends',
      'test/fuzz/fuzz',
    ),
  ],
  'packages/server/src/factors': [
    server(
      'src/audit/audit-log.db',
      'src/accounts/passwords/passwords.db',
      'src/sso/sso.db',
      'src/own-data/own-data.db',
      'src/admin/admin.db',
      'src/commands/user.db',
      'test/fuzz/fuzz',
    ),
  ],
  'packages/server/src/http': [
    server('src/accounts/accounts.db', 'src/http-server/app.db', 'src/conversations/routes.db'),
    server('src/live/live.db', 'src/integrations/keys.db', 'src/admin/admin.db', 'test/fuzz/fuzz'),
  ],
  'packages/server/src/http-server': [
    server('src/live/live.db', 'src/accounts/accounts.db', 'test/metrics', 'test/fuzz/fuzz'),
  ],
  'packages/server/src/live': [
    server(
      'src/stream/hub.db',
      'src/messages/visibility.db',
      'test/session-ends',
      'test/nodes-signals',
      'test/echo',
    ),
    [
      ...CLIENT_AND_SERVER,
      ...server('test/pitfalls/slow.db', 'test/attacks/attacks'),
      ...SIMULATION,
    ],
  ],
  'packages/server/src/stream': [
    server('src/live/live.db', 'src/messages/visibility.db', 'src/messages/commands.db'),
    [...CLIENT_AND_SERVER, ...server('test/pitfalls/retry.db', 'test/nodes'), ...SIMULATION],
  ],
  'packages/server/src/backup': [server('src/commands/doctor.db', 'src/storage/upgrade.db')],
  'packages/client/src': [CLIENT_AND_SERVER, SIMULATION],
};

/** These take longer than all others of their folder together. */
const SLOW = /^(inbound|restore|passwords|registration)\.db/;

const isTest = (name) => /\.test\.tsx?$/.test(name);

/** Returns the test files for a source file in stages, each file once; a stage may be empty. */
export function stagesFor(file) {
  const folder = dirname(file);
  const stem = basename(file).replace(/\.tsx?$/, '');
  const all = readdirSync(join(root, folder)).filter(isTest);
  const own = all.filter((name) => name.startsWith(`${stem}.`));
  const unit = all.filter((name) => !name.includes('.db.') && !own.includes(name));
  const rest = all
    .filter((name) => !own.includes(name) && !unit.includes(name))
    .sort((a, b) => Number(SLOW.test(a)) - Number(SLOW.test(b)));
  const here = [[...own, ...unit], rest].map((names) => names.map((name) => `${folder}/${name}`));
  const near = new Set(here.flat());
  const wider = widerFor(folder).map((stage) => stage.filter((test) => !near.has(test)));
  return [...here, ...wider];
}

/** Returns the tests outside of a folder that cover it: its own, or those of the folder above. */
function widerFor(folder) {
  if (folder === '.') return [];
  return WIDER[folder] ?? widerFor(dirname(folder));
}
