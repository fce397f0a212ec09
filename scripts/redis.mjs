// Finds the Redis (or Valkey) for the tests with several nodes, and installs one where that is allowed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installProgram, pathDirs, runs } from './system-package.mjs';

/** Returns the path of a working Valkey or Redis server; undefined without. */
function findRedis() {
  const paths = ['valkey-server', 'redis-server'].flatMap((name) =>
    pathDirs().map((dir) => join(dir, name)),
  );
  return paths.find((path) => existsSync(path) && runs(path));
}

/**
 * {@link findRedis}; where there is none, installs one with the system’s package manager if this
 * process may (root). Returns the path, or the reason why there is none.
 */
export function ensureRedis() {
  const path = findRedis();
  if (path !== undefined) return { path };
  return installProgram({
    what: 'Redis',
    purpose: 'the tests with several nodes',
    advice: 'install Redis or Valkey',
    names: { 'apt-get': 'redis-server', all: 'redis' },
    find: findRedis,
  });
}
