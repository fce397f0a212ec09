import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, startChild } from '../packages/server/test/support/child.ts';
import { freePort } from '../packages/server/test/support/free-port.ts';
import { type BuiltServer, CHROMIUM, startBuiltServer, type Visitor, Visitors } from './support.ts';

describe.skipIf(CHROMIUM === undefined)('single sign-on', () => {
  let provider: Child;
  let issuer: string;
  let server: BuiltServer;
  const visitors = new Visitors(() => server.url);
  /** Adds a user to the provider, with or without a verified address. */
  const known = (name: string, verified: 'verified' | 'unverified') =>
    fetch(
      `${issuer}/users?${new URLSearchParams({ name, email: `${name}@example.org`, verified })}`,
    );
  /** Logs in at the provider, starting from the login page. */
  const through = async (visitor: Visitor, name: string) => {
    const { page } = visitor;
    await page.getByRole('button', { name: 'Continue with Example' }).click();
    await page.waitForURL((url) => url.href.startsWith(issuer));
    await page.locator('input[name=login]').fill(name);
    await page.locator('input[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    // The provider asks once for consent.
    await page.getByRole('button', { name: 'Continue' }).click();
  };

  beforeAll(async () => {
    const port = await freePort();
    provider = startChild('oidc-provider.mjs', [
      `http://127.0.0.1:${port}/api/v1/auth/sso/oidc/callback`,
    ]);
    issuer = await provider.line();
    server = await startBuiltServer({
      PORT: String(port),
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: 'parley',
      OIDC_CLIENT_SECRET: 'a secret of theirs',
      OIDC_NAME: 'Example',
    });
  });
  afterAll(async () => {
    await server?.stop();
    await provider?.kill();
  });

  test('logs in a user of the provider and opens the requested page', async () => {
    await known('nora', 'verified');
    const nora = await visitors.arrive();
    await nora.page.goto('/settings/profile');
    await through(nora, 'nora');
    await nora.page.getByRole('heading', { level: 1, name: 'Profile' }).waitFor();
    await nora.page.getByText('nora@example.org').waitFor();
    // The session survives a reload.
    await nora.page.reload();
    await nora.page.getByText('nora@example.org').waitFor();
    await nora.page.goto('/');
    await nora.inside();
    await nora.logout();
  });

  test('explains that a login cannot be finished in a tab that did not start it', async () => {
    await known('olaf', 'verified');
    const olaf = await visitors.arrive();
    await olaf.page.goto('/login');
    await olaf.page.getByRole('button', { name: 'Continue with Example' }).click();
    await olaf.page.waitForURL((url) => url.href.startsWith(issuer));
    // The login is continued in another tab, as with a link in an email.
    const other = await olaf.context.newPage();
    await other.goto(olaf.page.url());
    await other.locator('input[name=login]').fill('olaf');
    await other.locator('input[name=password]').fill('any');
    await other.locator('button[type=submit]').click();
    await other.getByRole('button', { name: 'Continue' }).click();
    await other.getByRole('heading', { name: 'Log in from this tab' }).waitFor();
    expect(new URL(other.url()).hash).toBe('');
    await other.getByRole('button', { name: 'Go to login' }).click();
    await other.getByRole('button', { name: 'Continue with Example' }).click();
    await other.getByRole('navigation', { name: 'Conversations and people' }).waitFor();
    expect(new URL(other.url()).hash).toBe('');
  });

  test('rejects an address that the provider has not verified, and shows why', async () => {
    await known('mallory', 'unverified');
    const mallory = await visitors.arrive();
    await mallory.page.goto('/login');
    await through(mallory, 'mallory');
    await mallory.page
      .getByText('The single sign-on provider hasn’t verified your email address')
      .waitFor();
    expect(await mallory.page.getByRole('heading', { name: 'Log in' }).count()).toBe(1);
  });
});
