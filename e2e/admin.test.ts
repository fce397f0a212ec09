import type { User } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  apiOf,
  type BuiltServer,
  barriers,
  CHROMIUM,
  PASSWORD,
  sideways,
  startBuiltServer,
  Visitors,
} from './support.ts';

describe.skipIf(CHROMIUM === undefined)('administration', () => {
  let server: BuiltServer;
  const visitors = new Visitors(() => server.url);
  /** The owner of the server, logged in. */
  const theOwner = async (options?: Parameters<Visitors['arrive']>[0]) => {
    const owner = await visitors.arrive(options);
    await owner.login('olga', PASSWORD);
    return owner;
  };

  beforeAll(async () => {
    server = await startBuiltServer({ REGISTRATION: 'invitation' });
    const first = await visitors.arrive();
    await first.register('olga', 'Olga Owner');
    await visitors.leave(first);
  });
  afterAll(async () => {
    await server?.stop();
  });

  test('registers people by invitation only, up to the limit of the invitation', async () => {
    const stranger = await visitors.arrive();
    await stranger.page.goto('/register');
    await stranger.page.getByText('You need an invitation to join this server').waitFor();

    const owner = await theOwner();
    await owner.page.getByRole('button', { name: 'Account menu' }).click();
    await owner.page.getByRole('menuitem', { name: 'Administration' }).click();
    await owner.page.getByRole('link', { name: 'Invitations' }).click();
    await owner.page.getByText('No invitations yet').waitFor();
    await owner.page.getByRole('button', { name: 'Invite' }).click();
    await owner.page.getByRole('button', { name: 'Create invitation' }).click();
    const link = await owner.page.getByText(/\/register#/).innerText();
    expect(await barriers(owner.page)).toEqual([]);
    await owner.page.getByRole('button', { name: 'Done' }).click();
    await owner.page.getByText('0 of 1 used').waitFor();

    await stranger.page.goto(new URL(link).pathname + new URL(link).hash);
    await stranger.page.getByText('You’ve been invited').waitFor();
    await stranger.fillRegistration('ivan', 'Ivan Invited');
    await stranger.inside();
    const late = await visitors.arrive();
    await late.page.goto(new URL(link).pathname + new URL(link).hash);
    await late.fillRegistration('lena', 'Lena Late');
    await late.page.getByText('This invitation has expired or was already used').waitFor();
    await owner.page.reload();
    await owner.page.getByText('1 of 1 used').waitFor();
    await owner.page.getByText('Used up').waitFor();
  });

  test('invites a guest to a group, makes the guest a member, and a guest again', async () => {
    const owner = await theOwner();
    const { page } = owner;
    await owner.createGroupByForm('Internal');
    await owner.createGroupByForm('Clients');
    await owner.visit('/admin/invitations');
    await page.getByRole('button', { name: 'Invite people', exact: true }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Invite as').selectOption('guest');
    await form.getByLabel('Clients', { exact: true }).check();
    expect(await barriers(page)).toEqual([]);
    await form.getByRole('button', { name: 'Create invitation', exact: true }).click();
    const link = new URL(await page.getByText(/\/register#/).innerText());
    await page.getByRole('button', { name: 'Done', exact: true }).click();
    await page.getByText('Guest in one group', { exact: true }).waitFor();

    const guest = await visitors.arrive();
    await guest.page.goto(link.pathname + link.hash);
    await guest.fillRegistration('gus', 'Gus Guest');
    await guest.inside();
    const sidebar = guest.page.getByRole('navigation', { name: 'Conversations and people' });
    await sidebar.getByRole('link', { name: /Clients/ }).click();
    await guest.page.getByRole('heading', { level: 1, name: 'Clients' }).waitFor();
    expect(await sidebar.getByRole('link', { name: /everyone/ }).count()).toBe(0);
    expect(await sidebar.getByRole('button', { name: 'Browse groups' }).count()).toBe(0);
    expect(await sidebar.getByRole('button', { name: 'Create a group' }).count()).toBe(0);

    const account = page.getByRole('button', { name: /@gus · gus@/ });
    const dialog = page.getByRole('dialog', { name: 'Gus Guest' });
    await owner.visit('/admin/users');
    await account.getByText('Guest', { exact: true }).waitFor();
    await account.click();
    await dialog.getByLabel('Role', { exact: true }).selectOption('member');
    await dialog.getByRole('button', { name: 'Save changes', exact: true }).click();
    await guest.page.getByRole('heading', { name: 'Log in' }).waitFor();
    await guest.login('gus', PASSWORD);
    await sidebar.getByRole('link', { name: /everyone/ }).waitFor();

    await page.goto('/admin/users');
    await account.click();
    await dialog.getByLabel('Role', { exact: true }).selectOption('guest');
    await dialog.getByRole('button', { name: 'Save changes', exact: true }).click();
    const question = page.getByRole('dialog', { name: /^Make / });
    expect(await barriers(page)).toEqual([]);
    await question.getByLabel('Clients', { exact: true }).check();
    // Only groups that the account is in can be kept.
    expect(await question.getByLabel('Internal', { exact: true }).count()).toBe(0);
    await question.getByRole('button', { name: 'Make guest', exact: true }).click();
    await question.waitFor({ state: 'detached' });
    await guest.page.getByRole('heading', { name: 'Log in' }).waitFor();
    await guest.login('gus', PASSWORD);
    await sidebar.getByRole('link', { name: /Clients/ }).waitFor();
    expect(await sidebar.getByRole('link', { name: /everyone/ }).count()).toBe(0);
    await visitors.leave(guest);
  });

  test('creates, finds, changes, deactivates and reactivates an account', async () => {
    const owner = await theOwner();
    await owner.visit('/admin/users');
    await owner.page.getByRole('button', { name: 'Add person' }).click();
    await owner.page.getByLabel('Name', { exact: true }).fill('Pia Made');
    await owner.page.getByLabel('Username').fill('olga');
    await owner.page.getByLabel('Email').fill('pia@example.org');
    await owner.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await owner.page.getByRole('dialog').getByRole('button', { name: 'Add person' }).click();
    await owner.page.getByText('This username is taken').waitFor();
    expect(await barriers(owner.page)).toEqual([]);
    await owner.page.getByLabel('Username').fill('pia');
    await owner.page.getByRole('dialog').getByRole('button', { name: 'Add person' }).click();
    await owner.page.getByText('Pia Made can now log in').waitFor();

    const pia = await visitors.arrive({ width: 360, height: 740 });
    await pia.login('pia', PASSWORD);
    // Members see neither the administration nor its menu item.
    await pia.page.getByRole('button', { name: 'Account menu' }).click();
    expect(await pia.page.getByRole('menuitem', { name: 'Administration' }).count()).toBe(0);
    await pia.page.goto('/admin/users');
    await pia.page.getByRole('heading', { name: 'Admins only' }).waitFor();
    await pia.page.goto('/');
    await pia.inside();

    await owner.page.getByLabel('Search people').fill('pía m');
    await expect.poll(() => owner.page.getByRole('button', { name: /@/ }).count()).toBe(1);
    await owner.page
      .getByRole('button', { name: /Pia Made/ })
      .last()
      .click();
    await owner.page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Pia Changed');
    await owner.page.getByLabel('Role').selectOption('admin');
    await owner.page.getByRole('button', { name: 'Save' }).click();
    await owner.page.getByRole('heading', { name: 'Pia Changed' }).waitFor();
    // Pia sees it at once: her menu has a new item.
    await pia.page.getByRole('button', { name: 'Account menu' }).click();
    await pia.page.getByRole('menuitem', { name: 'Administration' }).waitFor();
    await pia.page.getByText('Pia Changed').waitFor();
    await pia.page.keyboard.press('Escape');

    const api = await apiOf(owner.page);
    const { items } = await api('GET', '/users?search=pia');
    const [account] = (items as User[]).map(({ id }) => id);
    const { id: direct } = await api('POST', '/conversations/direct', { account });
    const tab = await owner.context.newPage();
    await tab.goto(`/c/${direct}`);
    const field = tab.getByRole('textbox', { name: 'Message Pia Changed' });
    await field.waitFor();
    await owner.page.getByRole('button', { name: 'Deactivate' }).click();
    await owner.page.getByRole('alertdialog').getByRole('button', { name: 'Deactivate' }).click();
    await owner.page.getByRole('dialog').getByText('Deactivated').waitFor();
    // No one writes to a person who will not read it.
    await tab.getByText('This account is deactivated.').waitFor();
    await tab.locator('main header').getByText('Deactivated').waitFor();
    expect(await field.count()).toBe(0);
    await pia.page.getByText('Your session has ended').waitFor();
    await pia.page.getByLabel('Username or email').fill('pia');
    await pia.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await pia.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await pia.page.getByText('Incorrect username or password').waitFor();
    await owner.page.getByRole('button', { name: 'Reactivate' }).click();
    await owner.page.getByRole('button', { name: 'Deactivate' }).waitFor();
    await field.waitFor();
    await tab.close();
    await pia.login('pia', PASSWORD);

    await owner.page.getByRole('button', { name: 'Log out everywhere' }).click();
    await owner.page.getByRole('alertdialog').getByRole('button', { name: 'Log out' }).click();
    await owner.page.getByText('All sessions logged out').waitFor();
    await pia.page.getByText('Your session has ended').waitFor();
    expect(await barriers(owner.page)).toEqual([]);
    await pia.login('pia', PASSWORD);
  });

  test('creates a user group, whose mention reaches its members under its current name', async () => {
    const owner = await theOwner();
    await owner.createGroupByForm('Studio', ['Ivan Invited']);
    await owner.visit('/admin/user-groups');
    const create = { name: 'Create user group', exact: true };
    await owner.page.getByRole('button', create).click();
    const dialog = owner.page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('olga');
    await dialog.getByLabel('Title', { exact: true }).fill('Design team');
    await dialog.getByRole('button', { name: /Ivan Invited/ }).click();
    await dialog.getByRole('button', create).click();
    await dialog.getByText('A user or a user group with this name already exists').waitFor();
    expect(await barriers(owner.page)).toEqual([]);
    await dialog.getByLabel('Name', { exact: true }).fill('designers');
    await dialog.getByRole('button', create).click();
    await dialog.waitFor({ state: 'detached' });
    const groups = owner.page.getByRole('list', { name: 'User groups', exact: true });
    await groups.getByText('Design team · 1 member').waitFor();
    expect(await barriers(owner.page)).toEqual([]);

    await owner.open('Studio');
    const field = owner.page.getByRole('textbox', { name: 'Message Studio' });
    await field.pressSequentially('hello @desig');
    const suggestions = owner.page.getByRole('listbox', { name: 'People to mention' });
    await suggestions.getByRole('option', { name: /Design team @designers/ }).click();
    await expect.poll(() => field.inputValue()).toBe('hello @designers ');
    await owner.page.keyboard.press('Enter');

    const ivan = await visitors.arrive();
    await ivan.login('ivan', PASSWORD);
    await ivan.page
      .getByRole('link', { name: /Studio/ })
      .getByText('@1')
      .waitFor();
    await ivan.open('Studio');
    const chip = (name: string) => ivan.message('hello').getByRole('button', { name, exact: true });
    await chip('@designers').click();
    const members = ivan.page.getByRole('dialog', { name: 'Design team', exact: true });
    await members.getByText('Ivan Invited', { exact: true }).waitFor();
    expect(await barriers(ivan.page)).toEqual([]);
    await ivan.page.keyboard.press('Escape');

    await owner.visit('/user-groups');
    await owner.page.getByRole('button', { name: 'Edit @designers', exact: true }).click();
    await dialog.getByLabel('Name', { exact: true }).fill('artists');
    await dialog.getByRole('button', { name: 'Save changes', exact: true }).click();
    await chip('@artists').waitFor();
    await owner.page.getByRole('button', { name: 'Delete @artists', exact: true }).click();
    const question = owner.page.getByRole('alertdialog');
    await question.getByRole('button', { name: 'Delete user group', exact: true }).click();
    await owner.page.getByText('No user groups yet').waitFor();
    await chip('@designers').waitFor();
  });

  test('lists the emails with their text for admins while SMTP is not configured', async () => {
    const visitor = await visitors.arrive();
    await visitor.page.goto('/forgot');
    await visitor.page.getByText('Email isn’t set up on this server yet').waitFor();
    await visitor.page.getByLabel('Email').fill('olga@example.org');
    await visitor.page.getByRole('button', { name: 'Send reset link' }).click();
    await visitor.page.getByRole('heading', { name: 'Ask an admin for the link' }).waitFor();
    const owner = await theOwner({ width: 360, height: 740 });
    await owner.visit('/admin/emails');
    await expect
      .poll(async () => {
        await owner.page.getByRole('button', { name: 'Refresh' }).click();
        return owner.page.getByText('Reset your Parley password').count();
      })
      .toBe(1);
    const email = owner.page
      .getByRole('listitem')
      .filter({ hasText: 'Reset your Parley password' });
    await email.getByText('To olga@example.org').waitFor();
    await email.getByText('Show message').click();
    await email.getByText(/\/reset#[\w-]{43}/).waitFor();
    expect(await sideways(owner.page)).toBe(0);

    await owner.visit('/admin/notifications');
    await owner.page.getByText('No messages are waiting.').waitFor();
    await owner.page.getByRole('button', { name: 'Send test email' }).click();
    await owner.page
      .getByText('A test email to olga@example.org is in the outbox folder.')
      .waitFor();
    await owner.page.getByText('You have no devices that can be notified.').waitFor();
    // This name does not resolve.
    await owner.page.getByRole('link', { name: 'Manage your devices' }).click();
    await owner.page.getByRole('button', { name: 'Add ntfy topic' }).click();
    await owner.page.getByRole('button', { name: 'Add', exact: true }).click();
    await owner.page.getByText('Name is required').waitFor();
    await owner.page.getByText('Enter an address with https://').waitFor();
    await owner.page.getByLabel('Name', { exact: true }).fill('Olga’s phone');
    await owner.page.getByLabel('Topic URL').fill('https://ntfy.invalid/olga');
    await owner.page.getByRole('button', { name: 'Add', exact: true }).click();
    await owner.page.getByText('Olga’s phone').waitFor();
    await owner.page.goBack();
    await owner.page.getByRole('button', { name: 'Send test notification' }).click();
    await owner.page.getByText(/Olga’s phone: Not sent: /).waitFor();
    expect(await barriers(owner.page)).toEqual([]);
    expect(await sideways(owner.page)).toBe(0);
    await owner.visit('/admin/emails');
    await owner.page.getByText('Test email from Parley').first().waitFor();
  });

  test('creates an API key that is shown once and can be revoked', async () => {
    const owner = await theOwner();
    await owner.visit('/');
    await owner.createGroup('Builds');
    await owner.visit('/admin/service-accounts');
    await owner.page.getByRole('button', { name: 'Add service account' }).click();
    await owner.page.getByLabel('Name', { exact: true }).fill('Deploy bot');
    await owner.page.getByLabel('Username').fill('deploys');
    await owner.page
      .getByRole('dialog')
      .getByRole('button', { name: 'Add service account' })
      .click();
    await owner.page.getByText('No API keys yet').waitFor();
    await owner.page.getByRole('button', { name: 'Create API key' }).click();
    await owner.page.getByLabel('Name', { exact: true }).fill('Build server');
    await owner.page.getByRole('button', { name: 'Create API key' }).click();
    await owner.page.getByText('Choose at least one scope').waitFor();
    await owner.page.getByLabel('View users').check();
    await owner.page.getByLabel('Post messages').check();
    expect(await barriers(owner.page)).toEqual([]);
    await owner.page.getByRole('button', { name: 'Create API key' }).click();
    await owner.page.getByRole('heading', { name: 'Save this API key now' }).waitFor();
    const key = await owner.page.getByRole('dialog').getByText(/^pk_/).innerText();
    await owner.page.getByLabel('Incoming webhook for a group').selectOption('everyone');
    const webhook = await owner.page
      .getByRole('dialog')
      .getByText(/\/webhooks\//)
      .innerText();
    const post = (url: string) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text: 'Posted by a webhook' }),
      });
    await owner.page.getByText(/is a member of this group/).waitFor();
    expect(await barriers(owner.page)).toEqual([]);
    const posted = await post(webhook);
    expect([posted.status, await posted.text()]).toEqual([200, 'ok']);
    // To other groups, the service account has to be added.
    const choice = owner.page.getByLabel('Incoming webhook for a group');
    await choice.selectOption('Builds');
    await owner.page.getByText(/isn’t a member of this group/).waitFor();
    const builds = webhook.replace(/[^/]+(?=\/pk_)/, await choice.inputValue());
    expect((await post(builds)).status).toBe(404);
    await owner.page.getByRole('button', { name: 'Add to group' }).click();
    await owner.page.getByText(/is a member of this group/).waitFor();
    expect((await post(builds)).status).toBe(200);
    const asks = async () => {
      const answer = await fetch(new URL('/api/v1/users', server.url), {
        headers: { authorization: `Bearer ${key}` },
      });
      return answer.status;
    };
    expect(await asks()).toBe(200);
    await owner.page.getByRole('button', { name: 'I’ve saved it' }).click();
    await owner.page.getByText('Build server').waitFor();
    await expect.poll(() => owner.page.getByText(key).count()).toBe(0);
    await owner.page.getByRole('button', { name: 'Revoke Build server' }).click();
    await owner.page.getByRole('alertdialog').getByRole('button', { name: 'Revoke key' }).click();
    await owner.page.getByText('No API keys yet').waitFor();
    expect(await asks()).toBe(401);
  });

  test('changes settings of the server, and resolves a report with a suspension', async () => {
    const owner = await theOwner();
    const { page } = owner;
    await owner.visit('/admin/server');
    // The server was started with REGISTRATION.
    await page.getByText('Set by the environment variable REGISTRATION').waitFor();
    await page.getByLabel('Server name').fill('Lab');
    await page.getByLabel('Who can create groups').selectOption('admins');
    await page.getByLabel('Keep messages for', { exact: true }).selectOption('90');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Changes saved').first().waitFor();
    const filter = page.getByRole('region', { name: 'Word filter' });
    await filter.getByLabel('Reject messages containing').fill('zorkmid*');
    const flagged = filter.getByLabel('Report messages containing');
    await flagged.fill('doubloons\n*');
    const save = filter.getByRole('button', { name: 'Save word filter', exact: true });
    await save.press('Enter');
    await filter.getByText('A word needs a letter or a digit').waitFor();
    await expect.poll(() => flagged.evaluate((e) => e === document.activeElement)).toBe(true);
    await flagged.fill('doubloons');
    await save.press('Enter');
    await page.getByText('Word filter saved').waitFor();
    expect(await owner.focused()).toBe('Save word filter');
    // The links to the groups of settings move the focus.
    await page.getByRole('link', { name: 'Message retention' }).press('Enter');
    await expect.poll(() => owner.focused()).toBe('retention');
    expect(await barriers(page)).toEqual([]);
    await owner.visit('/admin/invitations');
    await page.getByRole('button', { name: 'Invite people' }).click();
    await page.getByRole('button', { name: 'Create invitation' }).click();
    const link = new URL(await page.getByText(/\/register#/).innerText());
    const sam = await visitors.arrive();
    await sam.page.goto(link.pathname + link.hash);
    await sam.fillRegistration('sam', 'Sam Spam');
    await sam.inside();
    expect(await sam.page.getByRole('button', { name: 'Create a group' }).count()).toBe(0);
    await sam.page.getByRole('link', { name: /everyone/ }).click();
    await sam.write('buy my pills');
    await sam.write('cheap pills');
    await sam.write('cheap zorkmids');
    await sam.page.getByText('contains a word that isn’t allowed').waitFor();
    expect(await sam.message('cheap zorkmids').count()).toBe(1);

    await page.goto('/');
    await page.getByRole('navigation').getByText('Lab', { exact: true }).waitFor();
    await page.getByRole('link', { name: /everyone/ }).click();
    await page.getByText('Messages older than 90 days are deleted').waitFor();
    const hide = async (name: string) => {
      const cheap = page.getByRole('article').filter({ hasText: /cheap pills|Hidden by/ });
      await cheap.hover();
      await cheap.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name, exact: true }).click();
    };
    // Moderators delete their own messages.
    await owner.write('Not for sale');
    const own = page.getByRole('article').filter({ hasText: 'Not for sale' });
    await own.hover();
    await own.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete message', exact: true }).waitFor();
    expect(await page.getByRole('menuitem', { name: 'Hide message' }).count()).toBe(0);
    await page.keyboard.press('Escape');
    await hide('Hide message');
    await page.getByRole('button', { name: 'Undo' }).click();
    await sam.message('cheap pills').waitFor();
    await owner.message('cheap pills').waitFor();
    // The toast returns the focus when it is gone, which would close a menu.
    await page.getByText('Message hidden', { exact: true }).waitFor({ state: 'detached' });
    await hide('Hide message');
    await sam.page.getByText('Hidden by a moderator', { exact: true }).waitFor();
    expect(await sam.message('cheap pills').count()).toBe(0);
    await hide('View hidden message');
    const secret = page.getByRole('dialog', { name: 'Hidden message', exact: true });
    await secret.getByText('cheap pills', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await hide('Unhide message');
    await sam.message('cheap pills').waitFor();
    const message = owner.message('buy my pills').first();
    await message.hover();
    await message.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Report message' }).click();
    await page.getByLabel('Comment').fill('pills again');
    await page.getByRole('dialog').getByRole('button', { name: 'Report', exact: true }).click();
    await page.getByText('Message reported').waitFor();
    // Without a reload.
    const menu = page.getByRole('button', { name: 'Account menu, 1 open report' });
    await menu.waitFor();
    await menu.click();
    await page.getByRole('menuitem', { name: 'Administration 1 open report' }).waitFor();
    await page.keyboard.press('Escape');
    await owner.visit('/admin/reports');
    await page.getByText('pills again').waitFor();
    await page.getByRole('link', { name: 'Reports 1 open report' }).waitFor();
    await page.getByText('Show context').click();
    await page.locator('details').getByText('Sam Spam').first().waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Delete message and suspend author' }).click();
    const suspending = page.getByRole('dialog', { name: /Delete the message and suspend/ });
    await suspending.getByLabel('Suspend for').selectOption('Indefinitely');
    expect(await barriers(page)).toEqual([]);
    await suspending.getByRole('button', { name: 'Delete message and suspend author' }).click();
    await page.getByText('Admins deleted a message you reported').waitFor();
    await page.getByText('No open reports').waitFor();
    await page.getByRole('link', { name: 'Reports', exact: true }).waitFor();
    await sam.page.getByRole('heading', { name: 'Log in' }).waitFor();
    await owner.visit('/admin/users');
    await page.getByRole('button', { name: /@sam · sam@/ }).click();
    await page.getByRole('button', { name: 'Delete messages', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: /Delete messages from/ });
    expect(await barriers(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Delete messages', exact: true }).click();
    await dialog.getByText('1 message deleted').waitFor();
    await page.goto('/admin/audit-log');
    const entries = page.getByRole('main').getByRole('listitem');
    await entries.filter({ hasText: 'Bulk deletion finished' }).waitFor();
    await entries.filter({ hasText: 'Server settings changed' }).first().waitFor();
    await page.getByLabel('Event', { exact: true }).selectOption('Report resolved');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await entries.filter({ hasText: 'Bulk deletion finished' }).waitFor({ state: 'detached' });
    await entries.filter({ hasText: 'Report resolved' }).waitFor();

    await owner.visit('/admin/legal-holds');
    await page.getByText('No legal holds').waitFor();
    await page.getByRole('button', { name: 'Place legal hold', exact: true }).click();
    const placing = page.getByRole('dialog', { name: 'Place legal hold', exact: true });
    await placing.getByLabel('Name', { exact: true }).fill('Case 17');
    await placing.getByLabel('Usernames, one per line').fill('@sam');
    await placing.getByRole('button', { name: 'Place legal hold', exact: true }).click();
    const hold = page.getByRole('listitem', { name: 'Case 17', exact: true });
    await hold.getByText('In force', { exact: true }).waitFor();
    expect(await barriers(page)).toEqual([]);
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      hold.getByRole('button', { name: 'Download messages', exact: true }).click(),
    ]);
    expect(saved.suggestedFilename()).toMatch(/^legal-hold-.*\.jsonl$/);
    await hold.getByRole('button', { name: 'Release', exact: true }).click();
    const releasing = page.getByRole('alertdialog');
    await releasing.getByRole('button', { name: 'Release', exact: true }).click();
    await hold.getByText('Released', { exact: true }).waitFor();
  });

  test.each([
    ['light', false, 360],
    ['dark', true, 1440],
  ])('has no serious accessibility violation on any page, %s', async (_name, dark, width) => {
    const owner = await theOwner({ dark, width });
    const parts = [
      ['/settings/profile', 'Profile'],
      ['/settings/security', 'Security'],
      ['/settings/sessions', 'Sessions'],
      ['/settings/blocked', 'Blocked people'],
      ['/settings/data', 'Your data'],
      ['/admin/users', 'People'],
      ['/admin/invitations', 'Invitations'],
      ['/admin/service-accounts', 'Service accounts'],
      ['/admin/emails', 'Emails'],
      ['/admin/emoji', 'Custom emoji'],
      ['/admin/reports', 'Reports'],
      ['/admin/audit-log', 'Audit log'],
      // On wide screens, the navigation is next to the first page.
      ['/settings', width < 1024 ? 'Your account' : 'Profile'],
      ['/admin', width < 1024 ? 'Administration' : 'People'],
      ['/admin/state', 'Server state'],
      ['/admin/server', 'Server settings'],
      ['/admin/settings', 'Environment'],
    ] as const;
    for (const [path, name] of parts) {
      await owner.visit(path);
      await owner.page.getByRole('heading', { level: 1, name }).waitFor();
      await owner.page.locator('.shimmer').first().waitFor({ state: 'detached' });
      expect(await barriers(owner.page), path).toEqual([]);
      expect(await sideways(owner.page), path).toBe(0);
    }
  });
});
