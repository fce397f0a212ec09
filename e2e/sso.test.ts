import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Child, startChild } from '../packages/server/test/support/child.ts';
import { type BuiltServer, CHROMIUM, startBrowser, startBuiltServer, Visitor } from './support.ts';

describe.skipIf(CHROMIUM === undefined)('single sign-on', () => {
  let provider: Child;
  let issuer: string;
  let server: BuiltServer;
  let browser: Browser;
  let visitors: Visitor[] = [];
  const arrive = async () => {
    const visitor = await Visitor.arrive(browser, server.url);
    visitors.push(visitor);
    return visitor;
  };
  /** Somebody whom the provider knows, and whether it has verified their address. */
  const known = (name: string, verified: 'verified' | 'unverified') =>
    fetch(
      `${issuer}/users?${new URLSearchParams({ name, email: `${name}@example.org`, verified })}`,
    );
  /** From the log-in page to the provider and through its pages. */
  const through = async (visitor: Visitor, name: string) => {
    const { page } = visitor;
    await page.getByRole('button', { name: 'Continue with Example' }).click();
    await page.waitForURL((url) => url.href.startsWith(issuer));
    await page.locator('input[name=login]').fill(name);
    await page.locator('input[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    // The provider asks once whether Parley may know.
    await page.getByRole('button', { name: 'Continue' }).click();
  };

  beforeAll(async () => {
    const port = await freePort();
    provider = startChild('oidc-provider.mjs', [
      `http://127.0.0.1:${port}/api/v1/auth/sso/oidc/callback`,
    ]);
    issuer = await provider.line();
    [server, browser] = await Promise.all([
      startBuiltServer({
        PORT: String(port),
        OIDC_ISSUER: issuer,
        OIDC_CLIENT_ID: 'parley',
        OIDC_CLIENT_SECRET: 'a secret of theirs',
        OIDC_NAME: 'Example',
      }),
      startBrowser(),
    ]);
  });
  afterEach(async () => {
    for (const visitor of visitors) await visitor.context.close();
    visitors = [];
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await provider?.kill();
  });

  test('somebody whom the provider vouches for is in, where they wanted to go', async () => {
    await known('nora', 'verified');
    const nora = await arrive();
    await nora.page.goto('/settings/profile');
    await through(nora, 'nora');
    await nora.page.getByRole('heading', { level: 1, name: 'Profile' }).waitFor();
    await nora.page.getByText('nora@example.org').waitFor();
    // The session goes on after a reload, as any other.
    await nora.page.reload();
    await nora.page.getByText('nora@example.org').waitFor();
    await nora.page.goto('/');
    await nora.inside();
    await nora.logout();
  });

  test('a log-in that comes back to a tab that did not begin it says so', async () => {
    await known('olaf', 'verified');
    const olaf = await arrive();
    await olaf.page.goto('/login');
    await olaf.page.getByRole('button', { name: 'Continue with Example' }).click();
    await olaf.page.waitForURL((url) => url.href.startsWith(issuer));
    // The same step of the log-in goes on in another tab, as with a link of a mail.
    const other = await olaf.context.newPage();
    await other.goto(olaf.page.url());
    await other.locator('input[name=login]').fill('olaf');
    await other.locator('input[name=password]').fill('any');
    await other.locator('button[type=submit]').click();
    await other.getByRole('button', { name: 'Continue' }).click();
    await other.getByRole('heading', { name: 'Log in from this tab' }).waitFor();
    expect(new URL(other.url()).hash).toBe('');
    await other.getByRole('button', { name: 'Go to log in' }).click();
    await other.getByRole('button', { name: 'Continue with Example' }).click();
    await other.getByRole('navigation', { name: 'Conversations and people' }).waitFor();
    expect(new URL(other.url()).hash).toBe('');
  });

  test('an address that the provider has not verified lets nobody in, and the page says why', async () => {
    await known('mallory', 'unverified');
    const mallory = await arrive();
    await mallory.page.goto('/login');
    await through(mallory, 'mallory');
    await mallory.page
      .getByText('The single sign-on provider has not verified your email address')
      .waitFor();
    expect(await mallory.page.getByRole('heading', { name: 'Log in' }).count()).toBe(1);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
