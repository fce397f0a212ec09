import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../packages/server/test/support/database.ts';
import { type EmailSink, startEmailSink } from '../packages/server/test/support/smtp-server.ts';
import {
  type BuiltServer,
  barriers,
  CHROMIUM,
  PASSWORD,
  sideways,
  startBuiltServer,
  Visitors,
} from './support.ts';

describe.skipIf(CHROMIUM === undefined)('accounts, with email', () => {
  let email: EmailSink;
  let cluster: TestCluster;
  let database: pg.Pool;
  let server: BuiltServer;
  const visitors = new Visitors(() => server.url);
  /** A user who has registered and entered the emailed code. */
  const aUser = async (username: string, name: string) => {
    const visitor = await visitors.arrive();
    await visitor.fillRegistration(username, name);
    await visitor.page.getByRole('heading', { name: 'Check your email' }).waitFor();
    await visitor.page
      .getByLabel('Verification code')
      .fill(await email.code(`${username}@example.org`));
    await visitor.inside();
    return visitor;
  };

  beforeAll(async () => {
    [email, cluster] = await Promise.all([startEmailSink(), startTestCluster()]);
    const fresh = await cluster.fresh();
    database = (await fresh.open()).pool;
    server = await startBuiltServer({
      SMTP_URL: email.url,
      EMAIL_FROM: 'Parley <parley@example.org>',
      DATABASE_URL: fresh.url,
    });
  });
  afterAll(async () => {
    await server?.stop();
    await email?.stop();
    await cluster?.stop();
  });

  test('asks for the emailed code after registering, and shows an error next to its field', async () => {
    const ada = await visitors.arrive({ width: 360, height: 740 });
    await ada.page.goto('/register');
    await ada.page.getByText('Full name and phone').click();
    await ada.page.getByLabel('First name').fill('Ada');
    await ada.page.getByLabel('Phone').fill('not a number');
    await ada.fillRegistration('ada', 'Ada First');
    await ada.page.getByText('Enter a valid phone number').waitFor();
    expect(await ada.page.getByLabel('Phone').getAttribute('aria-invalid')).toBe('true');
    await ada.page.getByLabel('Phone').fill('+49 30 1234567');
    // Correcting the field removes its error before the form is sent.
    expect(await ada.page.getByText('Enter a valid phone number').count()).toBe(0);
    expect(await ada.page.getByLabel('Phone').getAttribute('aria-invalid')).toBe(null);
    await ada.page.getByRole('button', { name: 'Create account' }).click();
    await ada.page.getByText('ada@example.org').waitFor();
    expect(await sideways(ada.page)).toBe(0);
    expect(await barriers(ada.page)).toEqual([]);
    // The button shows how long the server rejects another request.
    await ada.page.getByRole('button', { name: /Resend code in \d+ s/ }).waitFor();

    const code = await email.code('ada@example.org');
    const wrong = code === '000000' ? '111111' : '000000';
    await ada.page.getByLabel('Verification code').fill(wrong);
    await ada.page.getByText('Incorrect code').waitFor();
    await expect
      .poll(() => ada.page.getByLabel('Verification code').getAttribute('aria-invalid'))
      .toBe('true');
    // A reload does not lose the step.
    await ada.page.reload();
    // Meanwhile the scripts of a session are loaded into the browser’s cache.
    const requests = () => ada.page.evaluate(requestsForTheConversation);
    await expect.poll(requests).toMatchObject([{ from: 'link' }]);
    await ada.page.getByLabel('Verification code').fill(code);
    await ada.inside();
    expect(await requests()).toMatchObject([{ from: 'link' }, { from: 'script', isCached: true }]);

    await ada.visit('/settings/profile');
    await ada.page.getByText('Verified', { exact: true }).waitFor();
    await expect.poll(() => ada.page.getByLabel('First name').inputValue()).toBe('Ada');
    expect(await sideways(ada.page)).toBe(0);
    // Another language is shown at once, also in the sidebar, and keeps what was typed and the focus.
    await ada.page.getByLabel('Last name').fill('Not saved');
    await ada.page.getByLabel('Language').focus();
    await ada.page.getByLabel('Language').selectOption('ar');
    await ada.page.getByRole('heading', { name: 'الملف الشخصي' }).waitFor();
    const sidebar = (name: string) =>
      ada.page
        .getByRole('navigation', { name, includeHidden: true })
        .waitFor({ state: 'attached' });
    await sidebar('المحادثات والأشخاص');
    expect(await ada.page.locator('html').getAttribute('dir')).toBe('rtl');
    expect(await ada.page.locator('[name=lastName]').inputValue()).toBe('Not saved');
    expect(await ada.page.evaluate(() => document.activeElement?.tagName)).toBe('SELECT');
    await ada.page.locator('select:focus').selectOption('');
    await ada.page.getByRole('heading', { name: 'Profile', exact: true }).waitFor();
    await sidebar('Conversations and people');
  });

  test('resets a forgotten password with the emailed link, once', async () => {
    const bea = await aUser('bea', 'Bea Forgets');
    const elsewhere = await visitors.arrive();
    await elsewhere.page.goto('/login');
    await elsewhere.page.getByRole('link', { name: 'Forgot password?' }).click();
    await elsewhere.page.getByLabel('Email', { exact: true }).fill('bea@example.org');
    await elsewhere.page.getByRole('button', { name: 'Send reset link' }).press('Enter');
    await expect.poll(() => elsewhere.focused()).toBe('Check your email');
    await elsewhere.page.getByText('we’ve sent a link to set a new password').waitFor();
    expect(await barriers(elsewhere.page)).toEqual([]);

    const token = await email.token('bea@example.org');
    await elsewhere.page.goto(`/reset#${token}`);
    await elsewhere.page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
    // The token does not remain in the address.
    expect(elsewhere.page.url()).not.toContain(token);
    // Another language keeps what was typed, and the link still works.
    await elsewhere.page.getByLabel('New password').fill('typed before');
    await elsewhere.page.getByLabel('Language').selectOption('es');
    await elsewhere.page.getByRole('heading', { name: 'Elige una contraseña nueva' }).waitFor();
    expect(await elsewhere.page.locator('[name=password]').inputValue()).toBe('typed before');
    await elsewhere.page.getByLabel('Idioma').selectOption('en');
    await elsewhere.page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
    expect(elsewhere.page.url()).not.toContain(token);
    await elsewhere.page.getByLabel('New password').fill('short');
    await elsewhere.page.getByRole('button', { name: 'Set new password' }).click();
    await elsewhere.page.getByText('A password must have at least 10 characters').waitFor();
    await elsewhere.page.getByLabel('New password').fill('another staple for the horse');
    await elsewhere.page.getByRole('button', { name: 'Set new password' }).click();
    await elsewhere.page.getByText('Your password has been changed').waitFor();

    // The earlier session has ended, on its device too.
    await bea.page.getByText('Your session has ended').waitFor();
    await elsewhere.page.goto(`/reset#${token}`);
    await elsewhere.page.getByRole('heading', { name: 'This link has expired' }).waitFor();
    await elsewhere.login('bea', 'another staple for the horse');
  });

  test('a language chosen before login is that of the pages and of the new account', async () => {
    const { page } = await visitors.arrive({ width: 360, height: 740 });
    await page.goto('/welcome');
    await page.getByLabel('Language').selectOption('de');
    await page.getByRole('link', { name: 'Konto erstellen' }).click();
    await page.getByRole('heading', { name: 'Erstelle dein Konto' }).waitFor();
    expect(await page.getByLabel('Sprache').inputValue()).toBe('de');
    expect(await sideways(page)).toBe(0);
    expect(await barriers(page)).toEqual([]);
    await page.getByLabel('Dein Name').fill('Ina');
    await page.getByLabel('Benutzername').fill('i');
    await page.locator('[name=email]').fill('ina@example.org');
    await page.getByLabel('Passwort', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Konto erstellen' }).click();
    await page.locator('[aria-invalid=true][name=username]').waitFor();
    // The errors that are shown change with the language too, and the document is marked.
    const error = page.locator(
      `[id="${await page.locator('[name=username]').getAttribute('aria-describedby')}"]`,
    );
    const german = await error.innerText();
    await page.getByLabel('Sprache').selectOption('ar');
    await expect.poll(() => page.locator('html').getAttribute('dir')).toBe('rtl');
    await expect.poll(() => error.innerText()).not.toBe(german);
    await page.getByRole('combobox').selectOption('de');
    await page.getByRole('heading', { name: 'Erstelle dein Konto' }).waitFor();
    await expect.poll(() => error.innerText()).toBe(german);
    await page.getByLabel('Benutzername').fill('ina');
    const answered = page.waitForResponse(/auth\/register$/);
    await page.getByRole('button', { name: 'Konto erstellen' }).click();
    expect((await answered).request().postDataJSON()).toMatchObject({ locale: 'de' });
    expect((await answered).ok()).toBe(true);
  });

  test('opens the requested page after the login, and never a page of another site', async () => {
    const cal = await aUser('cal', 'Cal Returns');
    await cal.open('everyone');
    const { pathname } = new URL(cal.page.url());
    await cal.logout();
    await cal.page.goto(pathname);
    await cal.page.getByLabel('Username or email').fill('cal');
    await cal.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await cal.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await cal.page.getByRole('heading', { level: 1, name: 'everyone' }).waitFor();
    await cal.logout();
    for (const evil of ['//evil.example/x', '/\\evil.example', 'https://evil.example']) {
      await cal.page.evaluate((path) => sessionStorage.setItem('parley.next', path), evil);
      await cal.login('cal', PASSWORD);
      expect(new URL(cal.page.url()).pathname).toBe('/');
      await cal.logout();
    }
  });

  test('changes the user’s own name, password and sessions', async () => {
    const dia = await aUser('dia', 'Dia Before');
    await dia.page.getByRole('button', { name: 'Account menu' }).click();
    await dia.page.getByRole('menuitem', { name: 'Your account' }).click();
    await dia.page.getByLabel('Your name').fill('Dia After');
    await dia.page.getByLabel('Last name').fill('After');
    await dia.page.getByRole('button', { name: 'Save' }).click();
    await dia.page.getByText('Changes saved').waitFor();
    await dia.page.getByText('Dia After').first().waitFor();
    expect(await barriers(dia.page)).toEqual([]);

    const second = await visitors.arrive({ width: 360, height: 740 });
    await second.login('dia', PASSWORD);

    // The email address: taken by no one yet, then confirmed with the code that was sent to it.
    await second.visit('/settings/profile');
    await database.query(`update sessions set authenticated_at = now() - interval '11 minutes'`);
    const dialog = dia.page.getByRole('dialog', { name: 'Change email address' });
    await dia.page.getByRole('button', { name: 'Change email address' }).click();
    await dialog.getByLabel('New email address').fill('dia.new');
    await dia.page.keyboard.press('Enter');
    await dialog.getByText('Enter a valid email address').waitFor();
    await dialog.getByLabel('New email address').fill('dia.new@example.net');
    await dia.page.keyboard.press('Enter');
    const password = dia.page.getByRole('dialog', { name: 'Confirm your password' });
    await password.getByLabel('Your password').fill(PASSWORD);
    await dia.page.keyboard.press('Enter');
    await dialog.getByText('We sent a six-digit code to dia.new@example.net').waitFor();
    await expect
      .poll(() =>
        dialog.getByLabel('Verification code').evaluate((e) => e === document.activeElement),
      )
      .toBe(true);
    expect(await barriers(dia.page)).toEqual([]);
    await dialog.getByRole('button', { name: /^Resend code in \d+ s$/ }).waitFor();
    // The dialog can be closed to look for the code.
    await dia.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await dia.page.keyboard.press('Enter');
    await dialog.getByLabel('Verification code').waitFor();
    await dia.page.keyboard.type(await email.code('dia.new@example.net'));
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => dia.focused()).toBe('Change email address');
    for (const { page } of [dia, second]) {
      await page.getByText('dia.new@example.net', { exact: true }).waitFor();
    }
    const third = await visitors.arrive();
    await third.login('dia', PASSWORD);
    await dia.page.getByRole('link', { name: 'Sessions' }).click();
    await dia.page.getByRole('heading', { level: 2, name: 'Other sessions' }).waitFor();
    await expect
      .poll(() => dia.page.getByRole('button', { name: /^End session: Chrome/ }).count())
      .toBe(2);
    expect(await barriers(dia.page)).toEqual([]);
    await dia.page
      .getByRole('button', { name: /^End session: Chrome/ })
      .first()
      .click();
    await dia.page.getByRole('alertdialog').getByRole('button', { name: 'End' }).click();
    await expect
      .poll(() => dia.page.getByRole('button', { name: /^End session: Chrome/ }).count())
      .toBe(1);
    await Promise.any(
      [second, third].map((v) => v.page.getByText('Your session has ended').waitFor()),
    );

    // Ending another session asks for the password when the login is not recent.
    const fourth = await visitors.arrive();
    await fourth.login('dia', PASSWORD);
    await database.query(`update sessions set authenticated_at = now() - interval '11 minutes'`);
    await dia.page.reload();
    await dia.page.getByRole('button', { name: 'Log out other sessions' }).click();
    await dia.page.getByRole('alertdialog').getByRole('button', { name: 'Log out' }).click();
    const confirmation = dia.page.getByRole('dialog', { name: 'Confirm your password' });
    await confirmation.getByLabel('Your password').fill('not the one');
    await confirmation.getByRole('button', { name: 'Continue' }).click();
    await confirmation.getByText('Incorrect password').waitFor();
    expect(await barriers(dia.page)).toEqual([]);
    await confirmation.getByLabel('Your password').fill(PASSWORD);
    await confirmation.getByRole('button', { name: 'Continue' }).click();
    await dia.page.getByText('Other sessions logged out').waitFor();
    // The button that had the focus is gone with the list.
    await expect.poll(() => dia.page.evaluate(() => document.activeElement?.id)).toBe('content');
    await fourth.page.getByText('Your session has ended').waitFor();
    await confirmation.waitFor({ state: 'detached' });
    await third.login('dia', PASSWORD);
    await third.open('everyone');
    const { pathname } = new URL(third.page.url());

    await dia.page.getByRole('link', { name: 'Security' }).click();
    await dia.page.getByLabel('Current password').fill('not the one');
    await dia.page.getByLabel('New password').fill('a new and longer password');
    await dia.page.getByRole('button', { name: 'Change password' }).click();
    await dia.page.getByText('Incorrect password').waitFor();
    await dia.page.getByLabel('Current password').fill(PASSWORD);
    await dia.page.getByRole('button', { name: 'Change password' }).click();
    await dia.page.getByText('Password changed').waitFor();
    await third.page.getByText('Your session has ended').waitFor();
    // The next login opens the page that was open.
    await third.page.getByLabel('Username or email').fill('dia');
    await third.page.getByLabel('Password', { exact: true }).fill('a new and longer password');
    await third.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await third.page.getByRole('heading', { level: 1, name: 'everyone' }).waitFor();
    expect(new URL(third.page.url()).pathname).toBe(pathname);
  });

  test('deletes old messages of a group after a confirmation, and removes them from the open view', async () => {
    const gus = await aUser('gus', 'Gus Group');
    const { page } = gus;
    await gus.createGroupByForm('Short memory');
    for (const text of ['of last month', 'of today']) await gus.write(text);
    const aged = () =>
      database.query(
        `update messages set posted_at = now() - interval '30 days' where body = 'of last month'`,
      );
    await expect.poll(async () => (await aged()).rowCount).toBe(1);
    await gus.sees('of today');
    await page.getByRole('button', { name: 'Details and members' }).click();
    const period = page.getByRole('dialog').getByLabel('Keep messages for', { exact: true });
    const question = page.getByRole('alertdialog', { name: 'Delete old messages?', exact: true });
    await period.selectOption('7');
    await question.getByText('1 message will be deleted, with its files.').waitFor();
    expect(await barriers(page)).toEqual([]);
    await question.getByRole('button', { name: 'Cancel', exact: true }).click();
    await question.waitFor({ state: 'detached' });
    await expect.poll(() => period.inputValue()).toBe('server');
    await period.selectOption('7');
    await question.getByRole('button', { name: 'Delete messages', exact: true }).click();
    await question.waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.getByText('Messages older than 7 days are deleted').waitFor();
    await gus.message('of last month').waitFor({ state: 'detached' });
    await gus.sees('of today');
    expect(await page.getByText('This message was deleted', { exact: true }).count()).toBe(0);
  });

  test('downloads the user’s data and deletes the account', async () => {
    // The first user of a server owns it, and the only owner cannot leave.
    const gil = await aUser('gil', 'Gil Stays');
    const fay = await aUser('fay', 'Fay Farewell');
    await fay.open('everyone');
    await fay.write('To be taken along');
    await fay.sees('To be taken along');
    await gil.open('everyone');
    await gil.sees('To be taken along');

    await fay.visit('/settings/data');
    await fay.page.getByRole('button', { name: 'Download' }).click();
    await fay.page.getByLabel('Your password').fill(PASSWORD);
    const saving = fay.page.waitForEvent('download');
    await fay.page.getByRole('dialog').getByRole('button', { name: 'Download' }).click();
    const file = await saving;
    expect(file.suggestedFilename()).toBe('parley-fay.json');
    const text = readFileSync(await file.path(), 'utf8');
    expect(text).toContain('To be taken along');
    expect(text).toContain('fay@example.org');

    await fay.page.getByRole('button', { name: 'Delete account' }).click();
    await fay.page.getByLabel('Delete my messages').check();
    await fay.page.getByLabel('Your password').fill('not the one');
    await fay.page.getByRole('dialog').getByRole('button', { name: 'Delete account' }).click();
    await fay.page.getByText('Incorrect password').waitFor();
    expect(await barriers(fay.page)).toEqual([]);
    await fay.page.getByLabel('Your password').fill(PASSWORD);
    await fay.page.getByRole('dialog').getByRole('button', { name: 'Delete account' }).click();
    await fay.page.getByText('Your account has been deleted').waitFor();
    // Others see the account and its messages disappear at once.
    await gil.page.getByText('To be taken along').first().waitFor({ state: 'detached' });
    await expect.poll(() => gil.page.getByRole('button', { name: /Fay Farewell/ }).count()).toBe(0);
    await fay.page.getByLabel('Username or email').fill('fay');
    await fay.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await fay.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await fay.page.getByText('Incorrect username or password').waitFor();
    await fay.page.getByLabel('Password', { exact: true }).pressSequentially('x');
    expect(await fay.page.getByText('Incorrect username or password').count()).toBe(0);
  });
});

/** Runs in a page: how the script of a conversation was requested, and whether the browser had it in its cache. */
function requestsForTheConversation(): { from: string; isCached: boolean }[] {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  return entries
    .filter(({ name }) => /\/conversation-[\w-]+\.js$/.test(name))
    .map(({ initiatorType, transferSize }) => ({
      from: initiatorType,
      isCached: transferSize === 0,
    }));
}
