import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Child, startCli } from '../../test/support/child.ts';
import { PASSWORD } from '../../test/support/credentials.ts';
import { call } from '../../test/support/server.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';

let dataDir: string;
let env: Record<string, string>;
const children: Child[] = [];
beforeEach(() => {
  dataDir = makeTempDir('keys');
  env = { PARLEY_DATA: dataDir, PORT: '0', LOG_LEVEL: 'info', DATABASE_URL: '' };
});
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

const start = (...args: string[]): Child => {
  const child = startCli(args, env);
  children.push(child);
  return child;
};

test('the first user registers without any setting; keys rotate while the server is running', async () => {
  const server = start('start');
  const url = /http:\S+/.exec(await server.line())?.[0] ?? '';
  const answer = await call(url, 'POST', '/auth/register', {
    body: { username: 'ann', displayName: 'Ann', email: 'ann@example.org', password: PASSWORD },
    headers: { 'parley-session': 'token' },
  });
  expect(answer.status).toBe(201);
  expect(answer.body.me).toMatchObject({ role: 'owner', verified: false });
  const access = { authorization: `Bearer ${answer.body.accessToken}` };
  const outbox = join(dataDir, 'outbox');
  // The log contains the path of the email, but not its content.
  const path = await expect
    .poll(() => /"path":"([^"]+\.eml)"/.exec(server.stderr())?.[1], { timeout: 10_000 })
    .toBeDefined()
    .then(() => /"path":"([^"]+\.eml)"/.exec(server.stderr())?.[1] ?? '');
  expect(readdirSync(outbox)).toHaveLength(1);
  const code = /^ {4}(\d{6})$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
  expect(server.stderr()).not.toContain(code);
  expect((await call(url, 'POST', '/me/verify', { body: { code }, headers: access })).status).toBe(
    204,
  );

  const rotate = start('keys', 'rotate', '--now');
  const kid = await rotate.line();
  expect(await rotate.ended).toBe(0);
  // The server reloads its keys when a token names an unknown one.
  const head = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'at+jwt', kid })).toString(
    'base64url',
  );
  const headers = { authorization: `Bearer ${head}.e30.AA` };
  const published = async () => {
    await call(url, 'GET', '/me', { headers });
    const jwks = await (await fetch(new URL('/.well-known/jwks.json', url))).json();
    return jwks.keys.map((key: { kid: string }) => key.kid);
  };
  await expect.poll(published, { timeout: 15_000, interval: 500 }).toEqual([kid]);
  expect((await call(url, 'GET', '/me', { headers: access })).status).toBe(401);
  const session = { authorization: `Bearer ${answer.body.sessionToken}` };
  const renewed = await call(url, 'POST', '/auth/token', { headers: session });
  const again = { authorization: `Bearer ${renewed.body.accessToken}` };
  expect((await call(url, 'GET', '/me', { headers: again })).body.verified).toBe(true);

  const wrong = start('keys', 'turn');
  expect(await wrong.ended).toBe(2);
});
