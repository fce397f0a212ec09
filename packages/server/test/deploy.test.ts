import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('deployment files are accepted by the programs they are for, where these are installed', () => {
  const script = fileURLToPath(new URL('../../../scripts/check-deploy.mjs', import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(stdout).toContain('docs/deploy/nginx.conf');
  expect(stdout).not.toContain('FAILED');
  expect(status).toBe(0);
});

test('npm ci prints no warning: packages support this Node version, install scripts are allowed or denied', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const { stdout, stderr, status } = spawnSync('npm', ['ci', '--dry-run', '--offline'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(`${stdout}${stderr}`).not.toMatch(/npm (warn|error)/i);
  expect(status).toBe(0);
});
