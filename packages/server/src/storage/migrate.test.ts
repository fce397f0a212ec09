import { expect, test } from 'vitest';
import { readMigrations } from './migrate.ts';

test('the migrations are numbered without a gap', () => {
  const versions = readMigrations().map((migration) => migration.version);
  expect(versions.length).toBeGreaterThan(0);
  expect(versions).toEqual(versions.map((_, index) => index + 1));
});
