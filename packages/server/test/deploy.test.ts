import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('what Parley is deployed with is accepted by the programs it is for, as far as they are here', () => {
  const script = fileURLToPath(new URL('../../../scripts/check-deploy.mjs', import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(stdout).toContain('docs/deploy/nginx.conf');
  expect(stdout).not.toContain('FAILED');
  expect(status).toBe(0);
});
