import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** How long a code of an authenticator app is valid, s. */
const PERIOD = 30;

/** The code that an app shows for the key on the page, `later` periods from now. */
async function codeFor(page: Page, later = 0): Promise<string> {
  const secret = (await page.getByTestId('totp-secret').innerText()).replace(/\s/g, '');
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({
    timestamp: Date.now() + later * PERIOD * 1000,
  });
}

/** Gives the page a virtual authenticator that confirms every request. */
async function aPasskeyDevice(visitor: Visitor): Promise<void> {
  const devtools = await visitor.context.newCDPSession(visitor.page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

describe.skipIf(CHROMIUM === undefined)('second factors', () => {
  let free: BuiltServer;
  let strict: BuiltServer;
  // Passkeys need a domain name, not an IP address.
  const urlOf = (server: BuiltServer) => server.url.replace('127.0.0.1', 'localhost');
  const visitors = new Visitors(() => urlOf(free));
  /** Logs in with username and password, up to the second factor. */
  const password = async (visitor: Visitor, login: string) => {
    await visitor.page.getByLabel('Username or email').fill(login);
    await visitor.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await visitor.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await visitor.page.getByRole('heading', { name: 'Two-factor authentication' }).waitFor();
  };

  beforeAll(async () => {
    [free, strict] = await Promise.all([
      startBuiltServer(),
      startBuiltServer({ SECOND_FACTOR: 'everyone' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([free?.stop(), strict?.stop()]);
  });

  test('sets up an authenticator app, asks for its code, and accepts a recovery code instead', async () => {
    const tom = await visitors.arrive({ width: 360, height: 740 });
    await tom.register('tom', 'Tom Twofold');
    await tom.visit('/settings/security');
    await tom.page.getByRole('button', { name: 'Set up' }).click();
    await tom.page.getByLabel('Your password').fill('not the one');
    await tom.page.getByRole('button', { name: 'Continue' }).click();
    await tom.page.getByText('Incorrect password').waitFor();
    await tom.page.getByLabel('Your password').fill(PASSWORD);
    await tom.page.getByRole('button', { name: 'Continue' }).click();
    await tom.page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
    expect(await sideways(tom.page)).toBe(0);
    expect(await barriers(tom.page)).toEqual([]);
    const secret = (await tom.page.getByTestId('totp-secret').innerText()).replace(/\s/g, '');
    await tom.page.getByLabel('Code from the app').fill(await codeFor(tom.page));
    const codes = tom.page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
    await codes.first().waitFor();
    const [recovery = ''] = await codes.allInnerTexts();
    expect(await barriers(tom.page)).toEqual([]);
    await tom.page.getByRole('button', { name: 'I’ve saved my codes' }).click();
    await tom.page.getByText('On', { exact: true }).waitFor();

    await tom.visit('/');
    await tom.logout();
    await password(tom, 'tom');
    expect(await barriers(tom.page)).toEqual([]);
    // A code is valid once: the app’s next code is accepted, and rejected when it is used again.
    const next = new TOTP({ secret: Secret.fromBase32(secret) }).generate({
      timestamp: Date.now() + PERIOD * 1000,
    });
    await tom.page.getByLabel('Authentication code').fill(next);
    await tom.inside();
    await tom.logout();
    await password(tom, 'tom');
    await tom.page.getByLabel('Authentication code').fill(next);
    await tom.page.getByText('Incorrect code').waitFor();
    await tom.page.getByRole('button', { name: 'Use a recovery code' }).click();
    await tom.page.getByLabel('Recovery code').fill(recovery);
    await tom.page.getByRole('button', { name: 'Continue' }).click();
    await tom.inside();
    await tom.visit('/settings/security');
    await tom.page.getByText('9 recovery codes left').waitFor();

    await tom.page.getByRole('button', { name: 'Turn off' }).click();
    await tom.page.getByLabel('Your password').fill(PASSWORD);
    await tom.page.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click();
    await tom.page.getByText('Off', { exact: true }).waitFor();
    await tom.visit('/');
    await tom.logout();
    await tom.login('tom', PASSWORD);
  });

  test('logs in with only a passkey, and accepts it as the second factor', async () => {
    const kim = await visitors.arrive();
    await aPasskeyDevice(kim);
    await kim.register('kim', 'Kim Keyholder');
    await kim.visit('/settings/security');
    await kim.page.getByRole('button', { name: 'Add passkey' }).click();
    await kim.page.getByLabel('Name', { exact: true }).fill('My laptop');
    await kim.page.getByLabel('Your password').fill(PASSWORD);
    await kim.page.getByRole('button', { name: 'Continue' }).click();
    await kim.page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
    await kim.page.getByRole('button', { name: 'I’ve saved my codes' }).press('Enter');
    await kim.page.getByText('My laptop').waitFor();
    // What opened the first of these dialogs.
    await expect.poll(() => kim.focused()).toMatch(/Add passkey/);

    await kim.visit('/');
    await kim.logout();
    await kim.page.getByRole('button', { name: 'Log in with a passkey' }).click();
    await kim.inside();
    await kim.logout();
    await password(kim, 'kim');
    await kim.page.getByRole('button', { name: 'Use a passkey' }).click();
    await kim.inside();

    await kim.visit('/settings/security');
    await kim.page.getByRole('button', { name: 'Remove My laptop' }).click();
    await kim.page.getByLabel('Your password').fill(PASSWORD);
    await kim.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).press('Enter');
    await kim.page.getByText('No passkeys yet').waitFor();
    await expect.poll(() => kim.focused()).toMatch(/Add passkey/);
  });

  test('requires the set-up of a second factor before the login if the server is configured so', async () => {
    const eve = await visitors.arrive({ width: 360, height: 740 }, urlOf(strict));
    await eve.page.goto('/register');
    await eve.fillRegistration('eve', 'Eve Early');
    await eve.page.getByRole('heading', { name: 'Set up two-factor authentication' }).waitFor();
    await eve.page.getByRole('button', { name: 'Set up authenticator app' }).click();
    await eve.page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
    expect(await barriers(eve.page)).toEqual([]);
    expect(await sideways(eve.page)).toBe(0);
    await eve.page.getByLabel('Code from the app').fill(await codeFor(eve.page));
    await eve.page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
    await eve.page.getByRole('button', { name: 'I’ve saved my codes' }).click();
    await eve.inside();
  });

  test('ignores a link with a step of another person’s login', async () => {
    // The attacker’s own login, up to a step that would end in the attacker’s account.
    const attacker = await fetch(`${strict.url}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        username: 'mallory',
        displayName: 'Mallory',
        email: 'mallory@example.org',
        password: PASSWORD,
      }),
    });
    const step = (await attacker.json()) as { step: string; ticket: string; expiresAt: string };
    expect(step.step).toBe('enrol_second_factor');

    const victim = await visitors.arrive({}, urlOf(strict));
    const sent: string[] = [];
    victim.page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(new URL(request.url()).pathname);
    });
    const links = [
      { ...step },
      { ...step, tab: 'a'.repeat(32) },
      { ...step, step: 'second_factor', methods: 'totp,recovery' },
      { ...step, step: 'verify_email', resendAfter: '60' },
    ];
    for (const link of links) {
      // Also if this tab started its own login, and came back without a result.
      await victim.page.evaluate(() => sessionStorage.setItem('parley.sso', 'b'.repeat(32)));
      await victim.page.goto(`/login#${new URLSearchParams(link)}`);
      await victim.page.getByRole('heading', { name: 'Log in from this tab' }).waitFor();
      expect(victim.page.url()).not.toContain(step.ticket);
      expect(await victim.page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain(
        step.ticket,
      );
      expect(await barriers(victim.page)).toEqual([]);
      await victim.page.getByRole('button', { name: 'Go to login' }).click();
      await victim.page.getByLabel('Username or email').waitFor();
      await victim.page.goto('/welcome');
    }
    expect(sent).toEqual([]);
  });
});
