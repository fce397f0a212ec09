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

test('npm ci prints no warning: every package fits this Node and every install script is decided on', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const { stdout, stderr, status } = spawnSync('npm', ['ci', '--dry-run', '--offline'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(`${stdout}${stderr}`).not.toMatch(/npm (warn|error)/i);
  expect(status).toBe(0);
});
