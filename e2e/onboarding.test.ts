import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, startChild } from '../packages/server/test/support/child.ts';
import { freePort } from '../packages/server/test/support/free-port.ts';
import { type EmailSink, startEmailSink } from '../packages/server/test/support/smtp-server.ts';
import {
  type BuiltServer,
  barriers,
  CHROMIUM,
  PASSWORD,
  sideways,
  startBuiltServer,
  type Visitor,
  Visitors,
} from './support.ts';

const PHONE = { width: 360, height: 740, touch: true };

describe.skipIf(CHROMIUM === undefined)('on a fresh server', () => {
  let provider: Child;
  let issuer: string;
  let email: EmailSink;
  let server: BuiltServer;
  let owner: Visitor;
  /** The invitation link that the owner created in the setup guide. */
  let invitation: string;
  const visitors = new Visitors(() => server.url);

  const enterCode = async (visitor: Visitor, username: string) => {
    await visitor.page
      .getByLabel('Verification code')
      .fill(await email.code(`${username}@example.org`));
  };
  /** Continues with the provider, from a page that offers it. */
  const throughProvider = async ({ page }: Visitor, name: string) => {
    const user = { name, email: `${name}@example.org`, verified: 'verified' };
    await fetch(`${issuer}/users?${new URLSearchParams(user)}`);
    await page.getByRole('button', { name: 'Continue with Example' }).click();
    await page.waitForURL((url) => url.href.startsWith(issuer));
    await page.locator('input[name=login]').fill(name);
    await page.locator('input[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    await page.getByRole('button', { name: 'Continue' }).click();
  };
  const heading = ({ page }: Visitor, name: string) =>
    page.getByRole('heading', { name, exact: true });

  /** The name of a conversation is shown above it, and again in an empty conversation. */
  const conversation = (visitor: Visitor, name: string) => heading(visitor, name).first();

  beforeAll(async () => {
    const port = await freePort();
    provider = startChild('oidc-provider.mjs', [
      `http://127.0.0.1:${port}/api/v1/auth/sso/oidc/callback`,
    ]);
    [issuer, email] = await Promise.all([provider.line(), startEmailSink()]);
    server = await startBuiltServer({
      PORT: String(port),
      SMTP_URL: email.url,
      EMAIL_FROM: 'Parley <parley@example.org>',
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: 'parley',
      OIDC_CLIENT_SECRET: 'a secret of theirs',
      OIDC_NAME: 'Example',
    });
  });
  afterAll(async () => {
    await server?.stop();
    await email?.stop();
    await provider?.kill();
  });

  test('the first account is guided through the setup, and continues it on another device', async () => {
    owner = await visitors.arrive();
    const { page } = owner;
    await owner.fillRegistration('olga', 'Olga Owner');
    await enterCode(owner, 'olga');
    await heading(owner, 'Give your server a name and an icon').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByLabel('Server name').fill('Acme');
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await heading(owner, 'Choose who can register').waitFor();
    // The button that had the focus is no longer there.
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(
      'Choose who can register',
    );
    await page.getByLabel('People with an invitation').check();
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await heading(owner, 'Invite people').waitFor();

    const phone = await visitors.arrive(PHONE);
    // An icon that can’t be loaded is replaced by the logo.
    await phone.page.route('**/server/icon*', (route) => route.fulfill({ status: 503 }));
    await phone.page.goto('/login');
    const logo = phone.page.locator('img[src="/icon.svg"]:visible');
    await expect.poll(() => logo.evaluate((img: HTMLImageElement) => img.naturalWidth)).not.toBe(0);
    await phone.page.getByLabel('Username or email').fill('olga');
    await phone.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await phone.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await heading(phone, 'Invite people').waitFor();
    await phone.page.getByRole('button', { name: 'Create link' }).click();
    invitation = await phone.page.locator('code').innerText();
    await phone.page.getByLabel('Email addresses').fill('bob@example.org, nonsense');
    await phone.page.getByRole('button', { name: 'Continue', exact: true }).click();
    await phone.page.getByText('Check these email addresses: nonsense').waitFor();
    expect(await sideways(phone.page)).toBe(0);
    expect(await barriers(phone.page)).toEqual([]);
    await phone.page.getByLabel('Email addresses').fill('bob@example.org');
    await phone.page.getByRole('button', { name: 'Continue', exact: true }).click();

    // The first device follows.
    await heading(owner, 'Create some groups').waitFor();
    await page.getByRole('button', { name: 'Create groups' }).click();
    await heading(owner, 'Your server is ready').waitFor();
    await page.getByRole('button', { name: 'Start messaging' }).click();
    for (const step of [1, 2, 3]) {
      await page.getByText(`${step} of 4`).waitFor();
      expect(await barriers(page)).toEqual([]);
      await page.getByRole('dialog').getByRole('button', { name: 'Next' }).click();
    }
    const ended = page.waitForResponse(
      (response) => response.request().method() === 'PATCH' && /\/me$/.test(response.url()),
    );
    await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
    await ended;
    await page.getByRole('link', { name: /Announcements/ }).waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement === document.body))
      .toBe(false);
    // On the other device, the guide and the tour are over too.
    await phone.page.goto('/');
    await phone.page.getByRole('navigation', { name: 'Conversations and people' }).waitFor();
    expect(await phone.page.getByRole('link', { name: /Set up your server/ }).count()).toBe(0);
  });

  test('an invited member starts in the default group, with a tour that is skipped only once', async () => {
    const mona = await visitors.arrive(PHONE);
    await mona.page.goto(new URL(invitation).href);
    await mona.fillRegistration('mona', 'Mona Member');
    await enterCode(mona, 'mona');
    await mona.page.getByText('1 of 4').waitFor();
    // The list of conversations is another page on a phone.
    await mona.page.getByText('Tap the arrow at the top to go there.').waitFor();
    await conversation(mona, 'everyone').waitFor();
    expect(await sideways(mona.page)).toBe(0);
    expect(await barriers(mona.page)).toEqual([]);
    await mona.skipTour();
    const elsewhere = await visitors.arrive();
    await elsewhere.login('mona', PASSWORD);
    await elsewhere.open('everyone');
    expect(await elsewhere.page.getByText('1 of 4').count()).toBe(0);
  });

  test('an invitation link works with single sign-on', async () => {
    const stranger = await visitors.arrive();
    await stranger.page.goto('/login');
    await throughProvider(stranger, 'stranger');
    await stranger.page.getByText('You need an invitation').waitFor();
    // A link that is no longer valid says what to do.
    await stranger.page.goto('/register#an-old-link');
    await stranger.page.getByText('You’ve been invited.').waitFor();
    await stranger.fillRegistration('stranger', 'Stranger');
    await stranger.page.getByText('Ask the person who invited you for a new link.').waitFor();
    expect(await stranger.page.getByText('You’ve been invited.').count()).toBe(0);
    const sol = await visitors.arrive();
    await sol.page.goto(new URL(invitation).href);
    await throughProvider(sol, 'sol');
    await conversation(sol, 'everyone').waitFor();
    await sol.skipTour();
  });

  test('the link of a group leads to it after registration, login and single sign-on', async () => {
    owner = await visitors.arrive();
    await owner.login('olga', PASSWORD);
    const { page } = owner;
    await owner.createGroupByForm('Book club');
    await page.getByRole('button', { name: 'Details and members' }).click();
    await page.getByText('Invitation links').click();
    await page.getByRole('button', { name: 'Create link' }).click();
    const link = await page.locator('code', { hasText: '/join#' }).innerText();
    await page.keyboard.press('Escape');
    await page.goto('/admin/server');
    await page.getByLabel('Who can register').selectOption('Everyone');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Changes saved').waitFor();

    const rosa = await visitors.arrive();
    await rosa.page.goto(link);
    await rosa.page.getByRole('link', { name: 'Create an account' }).click();
    await rosa.fillRegistration('rosa', 'Rosa Registered');
    await enterCode(rosa, 'rosa');
    await conversation(rosa, 'Book club').waitFor();

    const mona = await visitors.arrive();
    await mona.page.goto(link);
    await mona.page.getByLabel('Username or email').fill('mona');
    await mona.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await mona.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await conversation(mona, 'Book club').waitFor();

    const sven = await visitors.arrive();
    await sven.page.goto(link);
    await throughProvider(sven, 'sven');
    await conversation(sven, 'Book club').waitFor();
  });
});
