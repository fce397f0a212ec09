// Makes the secrets that compose.yaml hands to its containers, in secrets/: the server's secret, the
// password of the database, and the database's address with it. What is there already stays.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

const dir = join(root, 'secrets');
mkdirSync(dir, { recursive: true, mode: 0o700 });

/** Returns a secret, making it if it is not there. */
function secret(name, make) {
  const path = join(dir, name);
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const value = make();
  // Readable for all who can enter the folder, and that is its owner alone. The containers get the
  // files themselves, and work as another user.
  writeFileSync(path, `${value}\n`, { mode: 0o644, flag: 'wx' });
  console.log(`made secrets/${name}`);
  return value;
}

secret('parley_secret', () => randomBytes(32).toString('base64url'));
const password = secret('database_password', () => randomBytes(24).toString('base64url'));
secret('database_url', () => `postgres://parley:${password}@db:5432/parley`);
