import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  aWriter,
  type BuiltServer,
  barriers,
  CHROMIUM,
  PASSWORD,
  postMany,
  rowTitled,
  sideways,
  startBuiltServer,
  Visitors,
} from './support.ts';

describe.skipIf(CHROMIUM === undefined)('in the browser', () => {
  let server: BuiltServer;
  const visitors = new Visitors(() => server.url);

  beforeAll(async () => {
    server = await startBuiltServer();
  });
  afterAll(async () => {
    await server?.stop();
  });

  test('two users register, chat and reload without missing anything', async () => {
    const ana = await visitors.arrive({ worker: true });
    await ana.registerByForm('ana', 'Ana Ferreira');
    await ana.page.getByText('Select a conversation').waitFor();

    // The first user sees the registration of the second one live: a toast and an entry in the
    // list.
    const ben = await visitors.arrive({ worker: true });
    // The toast stays for some seconds.
    const toast = ana.page.getByText('Ben Okafor joined Parley').waitFor();
    await Promise.all([toast, ben.registerByForm('ben', 'Ben Okafor')]);
    await ana.page.getByRole('button', { name: /Ben Okafor/ }).waitFor();

    await ana.open('everyone');
    await ben.open('everyone');
    await ana.write('Good morning, Ben');
    await ben.sees('Good morning, Ben');
    await ana.page.getByRole('img', { name: /Seen by Ben Okafor/ }).waitFor();

    // A line break with Shift+Enter.
    const field = ben.page.getByRole('textbox', { name: 'Message everyone' });
    await field.fill('First line');
    await field.press('Shift+Enter');
    await field.pressSequentially('second line');
    await field.press('Enter');
    await ana.sees('First line');
    const two = () => ana.message('First line').innerText();
    await expect.poll(two).toMatch(/First line\nsecond line/);

    // Edit, react, delete: the other user sees each of them.
    await ben.page.keyboard.press('ArrowUp');
    const edit = ben.page.getByRole('textbox', { name: 'Edit message' });
    await edit.fill('Only one line after all');
    await edit.press('Enter');
    await ana.sees('Only one line after all');
    await ana.page.getByText('(edited)').waitFor();
    await ana.message('Only one line after all').hover();
    await ana
      .message('Only one line after all')
      .getByRole('button', { name: 'Add reaction' })
      .click();
    await ana.page.getByRole('combobox', { name: 'Search emoji' }).fill('tada');
    await ana.page.getByRole('gridcell', { name: 'tada', exact: true }).click();
    await ben.page.getByRole('button', { name: /🎉 1 by Ana Ferreira/ }).waitFor();
    await ana.message('Good morning, Ben').hover();
    await ana.choose(ana.message('Good morning, Ben'), 'Delete message');
    await ben.page.getByText('This message was deleted').waitFor();

    // Reload: the history is still shown, with names before the list of users is loaded again.
    await expect.poll(() => storedUsers(ben.page)).toContain('Ana Ferreira');
    await ben.page.route('**/api/v1/users**', (route) => route.abort());
    await ben.page.reload();
    await ben.sees('Only one line after all');
    await ben.page.getByRole('button', { name: /🎉 1 by Ana Ferreira/ }).waitFor();
    await ben.page.unroute('**/api/v1/users**');

    // A direct conversation from the list of people; unread marks and a toast for the other user.
    await ana.page
      .getByRole('navigation')
      .getByRole('button', { name: /Ben Okafor/ })
      .click();
    await ana.page.getByRole('heading', { level: 1, name: 'Ben Okafor' }).waitFor();
    await ana.write('Just between us');
    await ben.page.getByRole('link', { name: /Ana Ferreira.*1 unread/s }).waitFor();
    await ben.page.getByRole('button', { name: 'Open' }).first().click();
    await ben.sees('Just between us');
    await ben.page
      .getByRole('link', { name: /Ana Ferreira.*unread/s })
      .waitFor({ state: 'detached' });
  });

  test('shows the photo of a user beside messages, as it changes', async () => {
    const uma = await visitors.arrive();
    await uma.register('uma', 'Uma Holm');
    const vic = await visitors.arrive();
    await vic.register('vic', 'Vic Reyes');
    await vic.open('everyone');
    await uma.open('everyone');
    await uma.write('Look at me');
    const photo = vic.message('Look at me').locator('img[src*="/images/"]');
    await vic.sees('Look at me');
    expect(await photo.count()).toBe(0);
    const before = await vic.message('Look at me').boundingBox();

    const image = await sharp({
      create: { width: 300, height: 200, channels: 3, background: '#c2410c' },
    })
      .png()
      .toBuffer();
    const file = { name: 'me.png', mimeType: 'image/png', buffer: image };
    await uma.visit('/settings/profile');
    await uma.page.getByLabel('Your photo').setInputFiles(file);
    await photo.waitFor();
    await expect
      .poll(() => photo.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth))
      .toBe(64);
    expect(await vic.message('Look at me').boundingBox()).toEqual(before);
    // Also after a reload, but no longer once it is removed.
    await vic.page.reload();
    await photo.waitFor();
    await uma.page.getByRole('button', { name: 'Remove image', exact: true }).click();
    await photo.waitFor({ state: 'detached' });
    await expect.poll(() => uma.focused()).toBe('Choose image');
  });

  test('messages written offline arrive once; a group is created, found, joined and left', async () => {
    const cleo = await visitors.arrive();
    await cleo.register('cleo', 'Cleo Martin');
    const dan = await visitors.arrive();
    await dan.register('dan', 'Dan Novak');

    await cleo.page.getByRole('button', { name: 'Create a group' }).click();
    await cleo.page.getByLabel('Name', { exact: true }).fill('Harbour walk');
    await cleo.page.getByRole('button', { name: 'Create group' }).click();
    await cleo.page.getByRole('heading', { level: 1, name: 'Harbour walk' }).waitFor();

    await dan.page.getByRole('button', { name: 'Browse groups' }).click();
    await dan.page.getByRole('button', { name: 'Join Harbour walk' }).click();
    await dan.page.getByRole('heading', { level: 1, name: 'Harbour walk' }).waitFor();
    await cleo.page.getByText('2 members').first().waitFor();

    await cleo.context.setOffline(true);
    await cleo.write('Written in a tunnel');
    await cleo.page.getByRole('img', { name: 'Sending' }).waitFor();
    await cleo.page
      .getByText(/^You’re offline/)
      .first()
      .waitFor();
    await dan.write('Is someone there?');
    await cleo.context.setOffline(false);
    await dan.sees('Written in a tunnel');
    await cleo.sees('Is someone there?');
    await cleo.page.getByRole('img', { name: 'Sending' }).waitFor({ state: 'detached' });
    for (const visitor of [cleo, dan]) {
      expect(await visitor.message('Written in a tunnel').count()).toBe(1);
      expect(await visitor.message('Is someone there?').count()).toBe(1);
    }

    await dan.page.getByRole('button', { name: 'Details and members' }).click();
    await dan.page.getByRole('button', { name: 'Leave group' }).click();
    await dan.page.getByRole('alertdialog').getByRole('button', { name: 'Leave group' }).click();
    await dan.page.getByText('Select a conversation').waitFor();
    await dan.page.getByRole('link', { name: /Harbour walk/ }).waitFor({ state: 'detached' });
    await cleo.page.getByText('1 member').first().waitFor();
  });

  test('the details of a group offer what the member may do, and reflect a change of role', async () => {
    const ina = await visitors.arrive();
    await ina.register('ina', 'Ina Owner');
    const jon = await visitors.arrive();
    await jon.register('jon', 'Jon Member');
    await ina.page.getByRole('button', { name: 'Create a group' }).click();
    await ina.page.getByLabel('Name', { exact: true }).fill('Succession');
    await ina.page.getByRole('button', { name: 'Create group' }).click();
    await ina.page.getByRole('heading', { level: 1, name: 'Succession' }).waitFor();
    await jon.page.getByRole('button', { name: 'Browse groups' }).click();
    await jon.page.getByRole('button', { name: 'Join Succession' }).click();
    await jon.page.getByRole('heading', { level: 1, name: 'Succession' }).waitFor();

    // One click shows the members, and where to add people.
    await jon.page.getByRole('button', { name: '2 members' }).click();
    await jon.page.getByRole('dialog').getByText('@ina').waitFor();
    await jon.page.getByRole('dialog').getByRole('button', { name: 'Add people' }).waitFor();
    expect(await jon.page.getByRole('button', { name: 'Leave group' }).count()).toBe(0);

    await jon.page.getByRole('button', { name: 'Details and members' }).click();
    const offered = (name: string) =>
      jon.page.getByRole('dialog').getByRole('button', { name, exact: true });
    await offered('Leave group').waitFor();
    await offered('Add people').waitFor();
    expect(await offered('Save changes').count()).toBe(0);
    expect(await offered('Delete group').count()).toBe(0);

    // The last owner cannot leave before another member is an owner.
    await ina.page.getByRole('button', { name: 'Details and members' }).click();
    await ina.page.getByRole('button', { name: 'Leave group' }).click();
    await ina.page.getByRole('alertdialog').getByRole('button', { name: 'Leave group' }).click();
    await ina.page.getByText('A group must have an owner').waitFor();
    // An announcement group: the composer of members disappears, and returns with the admin role.
    await ina.page.getByText('Permissions', { exact: true }).click();
    await jon.page.keyboard.press('Escape');
    await jon.page.getByLabel('Message Succession').focus();
    await ina.page.getByLabel('Post messages').selectOption('admin');
    const sentence = jon.page.getByText('Only admins and owners can post in this group.');
    await sentence.waitFor();
    await expect.poll(() => sentence.evaluate((e) => e === document.activeElement)).toBe(true);
    // Slow mode, the archive and a topic reach the members at once.
    await ina.page.getByLabel('Post messages').selectOption('member');
    await ina.page.getByLabel(/^Slow mode/).selectOption('3600');
    await jon.write('My only message for an hour');
    await jon.page.getByText(/you can post again in/).waitFor();
    await jon.page.getByLabel('Message Succession').fill('Too early');
    expect(await jon.page.getByRole('button', { name: 'Send message' }).isDisabled()).toBe(true);
    await ina.page.getByLabel('Topic', { exact: true }).fill('Who follows whom');
    await ina.page.getByRole('button', { name: 'Save changes' }).click();
    await jon.page.getByText('2 members · Who follows whom').waitFor();
    await ina.page.getByRole('button', { name: 'Archive group' }).click();
    await ina.page.getByRole('alertdialog').getByRole('button', { name: 'Archive group' }).click();
    await jon.page.getByText('This group is archived.').waitFor();
    await jon.page.getByText('Archived', { exact: true }).waitFor();
    await ina.page.getByRole('button', { name: 'Restore group' }).click();
    await jon.page.getByLabel('Message Succession').waitFor();
    // What happened is shown between the messages.
    for (const line of [
      'Ina Owner created the group',
      'Jon Member joined',
      'Ina Owner changed the topic to “Who follows whom”',
      'Ina Owner archived the group',
      'Ina Owner restored the group',
    ]) {
      await jon.page.getByRole('log').getByText(line).waitFor();
    }
    // The draft was kept.
    await expect
      .poll(() => jon.page.getByLabel('Message Succession').inputValue())
      .toBe('Too early');
    await ina.page.getByLabel(/^Slow mode/).selectOption('0');
    await jon.page.getByText(/you can post again in/).waitFor({ state: 'detached' });
    await ina.page.getByText('Permissions', { exact: true }).click();
    await ina.page.getByLabel('Post messages').selectOption('admin');
    await sentence.waitFor();
    await jon.page.getByRole('button', { name: 'Details and members' }).click();
    await ina.page.getByLabel('Role for Jon Member').selectOption('admin');
    await jon.page.getByLabel('Message Succession').waitFor({ state: 'attached' });
    await ina.page.getByRole('button', { name: 'Make Jon Member the owner' }).click();
    await ina.page
      .getByRole('alertdialog')
      .getByRole('button', { name: 'Transfer ownership' })
      .click();
    await offered('Delete group').waitFor();
    await ina.page.getByRole('button', { name: 'Leave group' }).click();
    await ina.page.getByRole('alertdialog').getByRole('button', { name: 'Leave group' }).click();
    await offered('Save changes').waitFor();
    await offered('Delete group').waitFor();
  });

  test('a link leads to a private group after registration, and a ban keeps a user out', async () => {
    const kay = await visitors.arrive();
    await kay.register('kay', 'Kay Host');
    await kay.page.getByRole('button', { name: 'Create a group' }).click();
    await kay.page.getByLabel('Name', { exact: true }).fill('Backstage');
    await kay.page.getByText('Private', { exact: true }).click();
    await kay.page.getByRole('button', { name: 'Create group' }).click();
    await kay.page.getByRole('heading', { level: 1, name: 'Backstage' }).waitFor();
    await kay.page.getByRole('button', { name: 'Details and members' }).click();
    await kay.page.getByText('Invitation links').click();
    await kay.page.getByRole('button', { name: 'Create link' }).click();
    const url = await kay.page.locator('code', { hasText: '/join#' }).innerText();

    const lee = await visitors.arrive();
    await lee.page.goto(url);
    await lee.registerByForm('lee', 'Lee Guest');
    await lee.open('Backstage');
    await lee.write('Thanks for the link');

    await kay.page.getByRole('button', { name: 'Remove Lee Guest' }).click();
    await kay.page.getByLabel(/^Also ban/).check();
    await kay.page.getByRole('button', { name: 'Remove and ban' }).click();
    await lee.page.getByLabel('Message Backstage').waitFor({ state: 'detached' });
    await lee.page.goto(url);
    await lee.page.getByText('You are banned from this group').waitFor();
    for (const text of ['Backstage', 'Join group', 'new link']) {
      expect(await lee.page.getByText(text).count(), text).toBe(0);
    }
    await kay.page.getByText('Banned people').click();
    await kay.page.getByRole('button', { name: 'Unban Lee Guest' }).press('Enter');
    await kay.page.getByText('No one is banned').waitFor();
    // The focus stays next to what is gone, and does not return to the start of the details.
    await expect.poll(() => kay.focused()).toBe('Banned people');
    await lee.page.reload();
    await lee.page.getByRole('button', { name: 'Join group' }).click();
    await lee.page.getByLabel('Message Backstage').waitFor();
    await kay.page.getByRole('button', { name: 'Create link' }).press('Enter');
    const revoke = kay.page.getByRole('button', { name: 'Revoke', exact: true });
    for (const left of [2, 1, 0]) {
      await expect.poll(() => revoke.count()).toBe(left);
      await expect.poll(() => kay.focused()).toBe(left === 1 ? 'Revoke' : 'Create link');
      if (left > 0) await revoke.first().press('Enter');
    }
    await kay.page.keyboard.press('Escape');

    // The owner of the group resolves a report of a message in it.
    const guest = kay.message('Thanks for the link').first();
    await guest.hover();
    await guest.getByRole('button', { name: 'More actions' }).click();
    await kay.page.getByRole('menuitem', { name: 'Report message' }).click();
    await kay.page.getByRole('dialog').getByRole('button', { name: 'Report', exact: true }).click();
    await kay.page.getByText('Message reported').waitFor();
    // In the header of the group, without reloading.
    await kay.page.locator('main header').getByText('open report').waitFor();
    await kay.page.getByRole('button', { name: 'Details and members' }).click();
    const details = kay.page.getByRole('dialog');
    await details.getByText('Reported messages').click();
    await details.getByText('Reported by @kay').waitFor();
    expect(await barriers(kay.page)).toEqual([]);
    await details.getByRole('button', { name: 'Delete message', exact: true }).click();
    await details.getByText('No open reports').waitFor();
    await kay.page.keyboard.press('Escape');

    // A direct conversation of three users, and one that a block ends.
    await kay.page.getByRole('button', { name: 'New direct message' }).click();
    await aWriter(server.url, 'moe', 'Moe Third');
    for (const name of [/Lee Guest/, /Moe Third/]) {
      await kay.page.getByRole('dialog').getByRole('button', { name }).click();
    }
    await kay.page.getByRole('button', { name: 'Start conversation' }).click();
    const three = kay.page.getByRole('heading', { level: 1, name: /Lee Guest/ });
    await three.waitFor();
    await expect.poll(() => three.innerText()).toContain('Moe Third');
    await kay.write('The three of us');
    await rowTitled(lee.page, /Kay Host.*The three of us/s);
    await kay.page.getByRole('button', { name: 'New direct message' }).click();
    await kay.page
      .getByRole('dialog')
      .getByRole('button', { name: /Lee Guest/ })
      .click();
    await kay.page.getByRole('button', { name: 'Start conversation' }).click();
    await kay.page.getByRole('heading', { level: 1, name: 'Lee Guest', exact: true }).waitFor();
    await kay.write('Only you');
    await kay.page.getByRole('button', { name: 'Details and members' }).click();
    await kay.page.getByRole('button', { name: 'Block Lee Guest' }).click();
    await kay.page.getByRole('button', { name: 'Unblock Lee Guest' }).waitFor();
    await (await rowTitled(lee.page, /Only you/)).click();
    await lee.write('Why?');
    await lee.page.getByText(/doesn’t accept direct messages/).waitFor();
    await kay.page.goto('/settings/blocked');
    await kay.page.getByRole('list', { name: 'Blocked people' }).getByText('Lee Guest').waitFor();
    await kay.page.getByRole('button', { name: 'Unblock Lee Guest' }).click();
    await kay.page.getByText('You haven’t blocked anyone.').waitFor();
  });

  test('a long history loads while scrolling up, without jumping', async () => {
    const eve = await visitors.arrive();
    await eve.register('eve', 'Eve Long');
    await eve.page.getByRole('button', { name: 'Create a group' }).click();
    await eve.page.getByLabel('Name', { exact: true }).fill('Archive');
    await eve.page.getByRole('button', { name: 'Create group' }).click();
    await eve.page.getByRole('heading', { level: 1, name: 'Archive' }).waitFor();
    const id = new URL(eve.page.url()).pathname.split('/').pop() ?? '';
    await postMany(eve.page, id, 180);
    await eve.sees('entry 180');
    await eve.page.reload();
    await eve.sees('entry 180');
    const log = eve.page.getByRole('log');
    await expect
      .poll(
        async () => {
          await log.evaluate((element) => element.scrollTo({ top: 0 }));
          const first = await eve.message('entry 1 of').count();
          return first + (await eve.page.getByRole('button', { name: 'Jump to latest' }).count());
        },
        { timeout: 30_000 },
      )
      .toBe(2);
    await eve.page.getByRole('button', { name: 'Jump to latest' }).click();
    await eve.sees('entry 180');

    // Search while typing, with the keyboard alone, and from there to the message in its place.
    await eve.page.keyboard.press('Control+f');
    const field = eve.page.getByRole('combobox', { name: 'Search messages' });
    await eve.page.getByRole('button', { name: 'Edit filter “In: Archive”' }).waitFor();
    await field.fill('"ENTRY 17 of"');
    const result = eve.page.getByRole('list', { name: 'Messages found' }).getByRole('link');
    await expect.poll(() => result.count()).toBe(1);
    expect(await result.locator('mark').allInnerTexts()).toEqual(['entry 17 of']);
    expect(await barriers(eve.page)).toEqual([]);
    await field.fill('has:nothing');
    await eve.page.getByText('“nothing” doesn’t work with “has:”.').waitFor();
    // The value of a filter is suggested; once chosen, it is a chip, which Backspace removes.
    await field.fill('"entry 17 of" -from:ev');
    await eve.page.getByRole('option', { name: /@eve/ }).waitFor();
    await field.press('ArrowDown');
    await field.press('Enter');
    await eve.page.getByRole('button', { name: /^Edit filter “Not From: / }).waitFor();
    await eve.page.getByText('No messages found').waitFor();
    expect(await barriers(eve.page)).toEqual([]);
    await field.press('Home');
    await field.press('Backspace');
    await result.first().waitFor();
    // Enter moves to the first result, the right arrow key shows its context, and Enter opens it.
    await field.press('Enter');
    await eve.page.keyboard.press('ArrowRight');
    await eve.page
      .getByRole('list', { name: 'Messages before and after' })
      .getByText('entry 16 of')
      .waitFor();
    expect(await barriers(eve.page)).toEqual([]);
    await eve.page.keyboard.press('Enter');
    await eve.page.getByRole('heading', { level: 1, name: 'Archive' }).waitFor();
    await eve.sees('entry 17 of');
    await expect.poll(() => eve.inSight('entry 17 of')).toBe(true);
    await eve.sees('entry 18 of');
    await eve.page.goBack();
    await result.first().waitFor();
    // From anywhere, with the recent searches of this device.
    await eve.page.goto('/saved');
    await eve.page.getByRole('heading', { level: 1 }).waitFor();
    await eve.page.keyboard.press('/');
    await eve.page
      .getByRole('button', { name: 'In: Archive · "entry 17 of"', exact: true })
      .click();
    await result.first().waitFor();
  });

  test('invalid input is reported next to its field', async () => {
    const visitor = await visitors.arrive();
    await visitor.openFirstPage();
    await visitor.page.getByRole('link', { name: 'Create an account' }).click();
    await visitor.page.getByLabel('Your name').fill('Nora');
    await visitor.page.getByLabel('Email').fill('not an address');
    await visitor.page.getByLabel('Password', { exact: true }).fill('short');
    await visitor.page.getByRole('button', { name: 'Create account' }).click();
    await visitor.page.getByText('Enter a valid email address').waitFor();
    await visitor.page.getByText('A password must have at least 10 characters').waitFor();
    expect(
      await visitor.page.getByLabel('Username').evaluate((e) => e === document.activeElement),
    ).toBe(true);
  });

  test('a user logs out and logs in again', async () => {
    const visitor = await visitors.arrive();
    await visitor.register('fay', 'Fay Stone');
    await visitor.page.getByRole('button', { name: 'Account menu' }).click();
    await visitor.page.getByRole('menuitem', { name: 'Log out' }).click();
    await visitor.page.getByLabel('Username or email').fill('fay');
    // The link in the line of the label comes after the field.
    await visitor.page.keyboard.press('Tab');
    await visitor.page.keyboard.type('not the password');
    await visitor.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await visitor.page.getByText('Incorrect username or password').waitFor();
    await visitor.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await visitor.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await visitor.page.getByText('Select a conversation').waitFor();
    const focused = () => visitor.page.evaluate(() => document.activeElement?.tagName);
    await expect.poll(focused).toBe('MAIN');
  });

  test('a language that is chosen in one tab is shown in the others, which keep what is typed', async () => {
    const lin = await visitors.arrive();
    await lin.register('lin', 'Lin Guages');
    await lin.open('everyone');
    await lin.write('In any language');
    await lin.sees('In any language');
    await lin.page.getByRole('textbox', { name: 'Message everyone' }).fill('Half a sentence');
    const settings = await lin.context.newPage();
    await settings.goto('/settings/profile');
    await settings.getByLabel('Language').selectOption('es');
    await settings.getByRole('heading', { level: 1, name: 'Perfil' }).waitFor();
    // The sidebar, the messages and the field.
    await lin.page.getByRole('link', { name: 'Borradores' }).waitFor();
    await lin.page.getByRole('article').getByLabel('Enviado').waitFor();
    const field = lin.page.getByRole('textbox', { name: 'Mensaje para everyone' });
    expect(await field.inputValue()).toBe('Half a sentence');
    expect(await lin.page.locator('html').getAttribute('lang')).toMatch(/^es/);
  });

  test('works on a phone of 360 px', async () => {
    const visitor = await visitors.arrive({ width: 360, height: 780 });
    await visitor.register('gus', 'Gus Small');
    await visitor.open('everyone');
    await visitor.write('From a small screen');
    await visitor.sees('From a small screen');
    expect(await sideways(visitor.page)).toBe(0);
    await visitor.page.getByRole('link', { name: 'Back to conversations' }).click();
    await visitor.page.getByRole('button', { name: 'Find anything' }).waitFor();
    expect(await sideways(visitor.page)).toBe(0);
  });

  test('has no serious barrier, light and dark', async () => {
    const visitor = await visitors.arrive();
    const { page } = visitor;
    const barriersInBoth = async () => {
      const found: string[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(
          colorScheme === 'dark',
        );
        found.push(...(await barriers(page)).map((barrier) => `${colorScheme}: ${barrier}`));
      }
      return found;
    };
    const pages = [
      ['/', 'Team chat on your own server'],
      ['/login', 'Log in'],
      ['/register', 'Create your account'],
      ['/forgot', 'Reset your password'],
      ['/reset', 'This link has expired'],
      ['/nowhere/at/all', 'Page not found'],
    ] as const;
    await visitor.openFirstPage();
    for (const [path, heading] of pages) {
      await visitor.visit(path);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      expect(await barriersInBoth()).toEqual([]);
    }
    await visitor.register('ida', 'Ida Day');
    await visitor.open('everyone');
    await visitor.write('Is this readable?');
    await visitor.sees('Is this readable?');
    expect(await barriersInBoth()).toEqual([]);
  });

  test('emoji are typed, picked and added to the server with only the keyboard', async () => {
    const eda = await visitors.arrive();
    await eda.register('eda', 'Eda Moji');
    const finn = await visitors.arrive({ width: 360, height: 740, touch: true });
    await finn.register('finn', 'Finn Gers');
    await eda.visit('/emoji');
    await eda.page.getByRole('button', { name: 'Add emoji', exact: true }).click();
    const dialog = eda.page.getByRole('dialog', { name: 'Add emoji' });
    await dialog.getByRole('button', { name: 'Add emoji', exact: true }).click();
    await dialog.getByText('Choose an image').waitFor();
    expect(await eda.focused()).toBe('Choose image');
    await dialog.getByLabel('Emoji image').setInputFiles({
      name: 'Party Parrot.png',
      mimeType: 'image/png',
      buffer: await sharp({
        create: { width: 64, height: 48, channels: 3, background: '#0a8' },
      })
        .png()
        .toBuffer(),
    });
    await expect
      .poll(() => dialog.getByLabel('Name', { exact: true }).inputValue())
      .toBe('party-parrot');
    await dialog.getByRole('button', { name: 'Add emoji', exact: true }).click();
    const list = eda.page.getByRole('list', { name: 'Custom emoji' });
    await list.getByText(':party-parrot:').waitFor();

    // A name becomes an emoji with its second colon; part of one is completed from the menu.
    await eda.open('everyone');
    const field = eda.page.getByRole('textbox', { name: 'Message everyone' });
    await field.pressSequentially('Hooray :tada:');
    await expect.poll(() => field.inputValue()).toBe('Hooray 🎉');
    await field.pressSequentially(' :party-p');
    await eda.page.getByRole('option', { name: ':party-parrot:' }).waitFor();
    await field.press('Enter');
    await expect.poll(() => field.inputValue()).toBe('Hooray 🎉 :party-parrot: ');
    await field.press('Enter');
    await eda.message('Hooray').getByRole('img', { name: ':party-parrot:' }).waitFor();

    // The picker: search, arrow keys, Enter; one tab stop for all emoji.
    await eda.message('Hooray').hover();
    await eda.message('Hooray').getByRole('button', { name: 'Add reaction' }).click();
    const picker = eda.page.getByRole('dialog', { name: 'Add reaction' });
    const search = picker.getByRole('combobox', { name: 'Search emoji' });
    await picker.getByRole('gridcell', { name: 'grinning', exact: true }).waitFor();
    expect(await barriers(eda.page)).toEqual([]);
    const focused = () =>
      eda.page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await expect.poll(focused).toBe('Search emoji');
    await eda.page.keyboard.press('Tab');
    await eda.page.keyboard.press('Tab');
    expect(await focused()).toBe('Skin tone');
    await search.fill('rocket');
    await search.press('Enter');
    await eda.page.getByRole('button', { name: '🚀 1 by you' }).waitFor();

    await eda.page.keyboard.press('Escape');
    await field.press('ArrowUp');
    const edit = eda.page.getByRole('textbox', { name: 'Edit message' });
    await edit.press('End');
    await edit.pressSequentially(' :+1:');
    await expect.poll(() => edit.inputValue()).toBe('Hooray 🎉 :party-parrot: 👍');
    await edit.press('Enter');
    await eda.message('Hooray').getByText('(edited)').waitFor();

    // On a phone, with a custom emoji.
    await finn.open('everyone');
    await finn.press('Hooray');
    await finn.page.getByRole('button', { name: 'More reactions' }).tap();
    const cell = finn.page.getByRole('gridcell', { name: 'party-parrot', exact: true });
    // Large enough for a finger.
    for (const one of [
      cell,
      finn.page.getByRole('toolbar', { name: 'Sections' }).getByRole('button').last(),
    ]) {
      const { width = 0, height = 0 } = (await one.boundingBox()) ?? {};
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
    }
    await cell.tap();
    await eda.page.getByRole('button', { name: ':party-parrot: 1 by Finn Gers' }).waitFor();
    expect(await sideways(finn.page)).toBe(0);
    // Emoji alone are shown large, as long as the custom one exists.
    await finn.page.getByRole('button', { name: 'Insert emoji' }).tap();
    await cell.first().tap();
    await finn.page.getByRole('button', { name: 'Send message' }).tap();
    const large = eda.page.locator('article [data-only-emoji]');
    await large.getByRole('img', { name: ':party-parrot:' }).waitFor();
    expect((await large.getByRole('img').boundingBox())?.height).toBeGreaterThan(40);
    expect(await sideways(finn.page)).toBe(0);

    // A deleted one leaves its name.
    await eda.visit('/emoji');
    await list.getByRole('button', { name: 'Delete :party-parrot:' }).click();
    await eda.page.getByRole('button', { name: 'Delete emoji', exact: true }).click();
    await finn.message('Hooray').getByText(':party-parrot:').first().waitFor();
    await finn.page.getByRole('button', { name: ':party-parrot: 1 by you' }).waitFor();
  });
});

/** Returns the users that the page has stored for its next start, as JSON. */
function storedUsers(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const [database] = await indexedDB.databases();
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(database?.name ?? '');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return await new Promise<string>((resolve, reject) => {
      const request = db.transaction('state').objectStore('state').get('users');
      request.onsuccess = () => resolve(JSON.stringify(request.result ?? null));
      request.onerror = () => reject(request.error);
    }).finally(() => db.close());
  });
}
