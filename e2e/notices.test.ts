import { once } from 'node:events';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVERYONE } from '../packages/server/src/conversations/everyone.ts';
import {
  aWriter,
  type BuiltServer,
  CHROMIUM,
  notified,
  PASSWORD,
  postBodies,
  postMany,
  rowTitled,
  startBuiltServer,
  type Visitor,
  Visitors,
} from './support.ts';

describe.skipIf(CHROMIUM === undefined)('notifications of messages', () => {
  let server: BuiltServer;
  const visitors = new Visitors(() => server.url);
  let count = 0;
  /** A user who is on the start page. */
  const aReader = async () => {
    const n = ++count;
    // The service worker shows the notifications.
    const reader = await visitors.arrive({ worker: true, notifications: true });
    await reader.register(`reader${n}`, `Reader ${n}`);
    return reader;
  };
  /** A user who writes in the default group, and one who is on the start page. */
  const writerAndReader = async () => {
    const reader = await aReader();
    const name = `Writer ${count}`;
    const writer = await visitors.arrive();
    await writer.register(`writer${count}`, name);
    await writer.open('everyone');
    return { reader, writer, name };
  };
  /** The same with a writer who does not use the web client, for tests that look only at the reader. */
  const posterAndReader = async () => {
    const reader = await aReader();
    const name = `Writer ${count}`;
    const visitor = await visitors.arrive();
    await visitor.registerOnly(`writer${count}`, name);
    const { page } = visitor;
    const writer = {
      page,
      conversation: () => EVERYONE,
      write: (text: string) => postBodies(page, EVERYONE, [text]),
    };
    return { reader, writer, name };
  };

  beforeAll(async () => {
    server = await startBuiltServer();
  });
  afterAll(async () => {
    await server?.stop();
  });

  test('are off in do-not-disturb mode, and others see the status', async () => {
    const { reader, writer, name } = await writerAndReader();
    const menu = () => reader.page.getByRole('button', { name: 'Account menu' }).click();
    await menu();
    await reader.page.getByRole('menuitem', { name: 'Set a status' }).click();
    const dialog = reader.page.getByRole('dialog', { name: 'Your status' });
    // A suggestion fills in the form, and could be saved at once.
    const text = dialog.getByLabel('Status', { exact: true });
    await dialog.getByRole('button', { name: 'In a meeting' }).click();
    expect(await text.inputValue()).toBe('In a meeting');
    expect(await dialog.getByLabel('Clear after').inputValue()).toBe('hour');
    await expect.poll(() => reader.focused()).toBe('Save status');
    await dialog.getByRole('button', { name: 'Remove emoji' }).click();
    await text.fill('Deep in thought');
    await dialog.getByRole('button', { name: 'Choose an emoji' }).click();
    const search = reader.page.getByRole('combobox', { name: 'Search emoji' });
    await search.fill('bulb');
    await search.press('Enter');
    await dialog.getByRole('button', { name: 'Change the emoji 💡', exact: true }).waitFor();
    await dialog.getByLabel('Clear after').selectOption({ label: '1 hour' });
    await dialog.getByLabel('Do not disturb').selectOption({ label: 'Today' });
    await dialog.getByRole('button', { name: 'Save status' }).click();
    await dialog.waitFor({ state: 'hidden' });
    // The writer sees it in the list of people, and in the direct conversation.
    const person = writer.page.getByRole('button', { name: `Reader ${count}` });
    await person.getByRole('img', { name: 'Deep in thought' }).waitFor();
    await person.getByText('do not disturb').waitFor();
    await person.click();
    await writer.page.getByText('Do not disturb · Deep in thought').waitFor();
    await writer.open('everyone');
    await look(reader.page, { focus: false });
    await writer.write('A quiet message');
    await rowTitled(reader.page, /^everyone.*A quiet message/s);
    expect(await toastOf(reader.page, 'A quiet message').count()).toBe(0);
    expect(await notified(reader.page)).toEqual([]);
    await menu();
    await reader.page.getByRole('menuitem', { name: 'End do not disturb' }).click();
    await person.getByText('active').waitFor();
    await writer.write('A loud message');
    await toastOf(reader.page, 'A loud message').waitFor();
    expect(await notified(reader.page)).toEqual([`${name} in everyone: A loud message`]);
  });

  test('a user who is set away is away for others until they end it, on any device', async () => {
    const { reader, writer } = await writerAndReader();
    const menu = (page: Page) => page.getByRole('button', { name: 'Account menu' }).click();
    const person = writer.page.getByRole('button', { name: `Reader ${count}` });
    await person.getByText('active').waitFor();
    await menu(reader.page);
    await reader.page.getByRole('menuitem', { name: 'Set yourself as away' }).click();
    await person.getByText('away').waitFor();
    await reader.page.reload();
    // From another device, with the slash command that also set it.
    const phone = await visitors.arrive();
    await phone.login(`reader${count}`, PASSWORD);
    await phone.open('everyone');
    await expect(person.getByText('away').count()).resolves.toBe(1);
    await phone.write('/away');
    await phone.page.getByText('You’re no longer set as away').waitFor();
    await person.getByText('active').waitFor();
    await phone.write('/away');
    await phone.page.getByText('You’re set as away').waitFor();
    await person.getByText('away').waitFor();
    await phone.write('/active');
    await person.getByText('active').waitFor();
    // From the quick switcher and the status dialog.
    await reader.page.keyboard.press('ControlOrMeta+k');
    await reader.page.getByRole('combobox').fill('set yourself');
    await reader.page.getByRole('option', { name: 'Set yourself as away' }).waitFor();
    await reader.page.keyboard.press('Enter');
    await person.getByText('away').waitFor();
    await menu(reader.page);
    await reader.page.getByRole('menuitem', { name: 'Set yourself as active' }).waitFor();
    await reader.page.getByRole('menuitem', { name: 'Set a status' }).click();
    const dialog = reader.page.getByRole('dialog', { name: 'Your status' });
    const box = dialog.getByLabel('Show me as away, even when I’m active');
    expect(await box.isChecked()).toBe(true);
    await box.uncheck();
    await dialog.getByRole('button', { name: 'Save status' }).click();
    await person.getByText('active').waitFor();
  });

  test('follow the settings of the user and of the conversation, on all devices', async () => {
    const { reader, writer } = await posterAndReader();
    const { page } = reader;
    await reader.visit('/settings/notifications');
    await page.getByLabel('Notify me about', { exact: true }).selectOption('mentions');
    await page.getByLabel('Keywords', { exact: true }).fill('urgent');
    await page.getByRole('button', { name: 'Save keywords', exact: true }).click();
    await page.getByText('Changes saved').waitFor();
    // What is refused stays in the field, with the reason.
    const keywords = page.getByRole('textbox', { name: 'Keywords' });
    await keywords.fill('x'.repeat(51));
    await keywords.press('Enter');
    await page.getByText('Keyword can have at most 50 characters').waitFor();
    expect(await keywords.inputValue()).toBe('x'.repeat(51));
    expect(await keywords.evaluate((field) => field === document.activeElement)).toBe(true);
    await writer.write('Of no interest');
    await writer.write('An URGENT matter');
    await toastOf(page, 'An URGENT matter').waitFor();
    expect(await toastOf(page, 'Of no interest').count()).toBe(0);

    // Muted on one device, mentions notify on no device until that is allowed.
    const phone = await visitors.arrive();
    await phone.login(`reader${count}`, PASSWORD);
    await phone.open('everyone');
    await phone.page.getByRole('button', { name: 'Details and members' }).click();
    const details = phone.page.getByRole('dialog', { name: 'everyone' });
    // Sent even if the page is left at once.
    await details.getByLabel('Mute', { exact: true }).evaluate((select) => {
      (select as HTMLSelectElement).value = 'forever';
      select.dispatchEvent(new Event('change', { bubbles: true }));
      location.reload();
    });
    await page.goto(`/c/${writer.conversation()}`);
    await page.getByRole('button', { name: 'Details and members' }).click();
    const other = page.getByRole('dialog', { name: 'everyone' });
    await expect.poll(() => other.getByLabel('Mute', { exact: true }).inputValue()).toBe('forever');
    // If the conversation is open, the mention is read at once.
    await phone.page.goto('/settings/notifications');
    await page.goto('/settings/notifications');
    await writer.write(`@reader${count} are you there?`);
    const allow = page.getByLabel('Notify me when I’m mentioned in muted conversations');
    // The mute is shown, and only mentions of the user are counted.
    await page.getByRole('link', { name: /everyone.*Muted.*1 mention$/s }).waitFor();
    await expect.poll(() => page.title()).toMatch(/^\(1\) /);
    await allow.click();
    await expect.poll(() => allow.isChecked()).toBe(true);
    await writer.write(`@reader${count} and now?`);
    await toastOf(page, 'and now?').waitFor();
    expect(await toastOf(page, 'are you there?').count()).toBe(0);

    await reader.open('everyone');
    await reader.message('Of no interest').hover();
    await reader.message('Of no interest').getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'More', exact: true }).press('Enter');
    await page.getByRole('menuitem', { name: 'Why was I (not) notified?' }).press('Enter');
    await page
      .getByRole('dialog', { name: 'Why was I (not) notified?' })
      .getByText('You’re only notified about mentions, keywords and direct messages here.')
      .waitFor();
  });

  test('are listed in the activity, whose read state is the same on all devices', async () => {
    const { reader, writer, name } = await posterAndReader();
    const { page } = reader;
    const messages = `/conversations/${writer.conversation()}/messages`;
    const { seq: own } = await request(page, 'POST', messages, { body: 'Likes are welcome' });
    const emoji = encodeURIComponent('🎉');
    await request(writer.page, 'PUT', `${messages}/${own}/reactions/${emoji}`);
    const plan = { body: `@reader${count} here is the plan` };
    const { seq: last } = await request(writer.page, 'POST', messages, plan);
    const phone = await visitors.arrive();
    await phone.login(`reader${count}`, PASSWORD);
    const link = (of: Page) => of.getByRole('navigation').getByRole('link', { name: /^Activity/ });
    await expect.poll(() => link(page).textContent()).toContain('3');
    await link(page).click();
    const list = page.getByRole('region', { name: 'Today', exact: true });
    const item = (text: string) => list.getByRole('listitem').filter({ hasText: text });
    await item(`${name} joined`).waitFor();
    await item(`${name} reacted`).filter({ hasText: 'Likes are welcome' }).waitFor();
    await item(`${name} joined`).getByRole('button', { name: 'Mark as read', exact: true }).click();
    for (const device of [page, phone.page]) {
      await expect.poll(() => link(device).textContent()).toContain('2');
    }
    // Deleting a message also removes its mention.
    const mentioned = item(`${name} mentioned you in everyone`);
    await mentioned.getByText('here is the plan').waitFor();
    await mentioned.getByRole('link').click();
    await reader.message('here is the plan').waitFor();
    await expect.poll(() => link(phone.page).textContent()).toContain('1');
    await page.goBack();
    await mentioned.waitFor();
    await request(writer.page, 'DELETE', `${messages}/${last}`);
    await expect.poll(() => mentioned.count()).toBe(0);
    await page.getByRole('main').getByRole('button', { name: 'Mark all as read' }).click();
    for (const device of [page, phone.page]) {
      await expect.poll(() => link(device).textContent()).toBe('Activity');
    }
    await visitors.leave(phone);
  });

  test('include reactions if enabled, but not muted threads and new people', async () => {
    const { reader, writer } = await posterAndReader();
    const { page } = reader;
    const id = writer.conversation();
    const messages = `/conversations/${id}/messages`;
    const post = (by: { readonly page: Page }, body: object) =>
      request(by.page, 'POST', messages, body);
    const { seq: root } = await post(reader, { body: 'Root of mine' });
    const { seq: reply } = await post(reader, { body: 'Reply of mine', thread: root });
    await page.goto(`/c/${id}?thread=${root}`);
    const levels = page.getByRole('button', { name: 'Thread notifications', exact: true });
    await levels.click();
    await page.getByRole('menuitemradio', { name: 'Nothing', exact: true }).click();
    await levels.click();
    const level = page.getByRole('menuitemradio', { name: 'Nothing', exact: true });
    await expect.poll(() => level.getAttribute('aria-checked')).toBe('true');
    await page.getByRole('menuitemradio', { name: 'Until you unmute it', exact: true }).click();
    await page.getByRole('button', { name: 'Unmute thread', exact: true }).waitFor();
    await reader.visit('/settings/notifications');
    for (const [label, isOn] of [
      ['Notify me about reactions to my messages', true],
      ['Notify me when someone joins the server', false],
    ] as const) {
      const choice = page.getByLabel(label, { exact: true });
      await choice.click();
      await expect.poll(() => choice.isChecked()).toBe(isOn);
    }
    const emoji = encodeURIComponent('🎉');
    const read = page.waitForResponse((response) => response.url().endsWith(`/${reply}`));
    await request(writer.page, 'PUT', `${messages}/${reply}/reactions/${emoji}`);
    await read;
    // One that arrives while another one is looked up is not shown.
    await expect
      .poll(async () => {
        for (const method of ['DELETE', 'PUT']) {
          await request(writer.page, method, `${messages}/${root}/reactions/${emoji}`);
        }
        return await toastOf(page, 'Root of mine').count();
      })
      .toBeGreaterThan(0);
    expect(await toastOf(page, 'Reply of mine').count()).toBe(0);

    await aWriter(server.url, 'latecomer', 'Late Comer');
    await post(writer, { body: 'Silent reply', thread: root });
    await writer.write('A loud one');
    await toastOf(page, 'A loud one').waitFor();
    expect(await toastOf(page, 'Silent reply').count()).toBe(0);
    expect(await toastOf(page, 'Late Comer').count()).toBe(0);

    // Nothing is decided before the settings are loaded.
    const settings = `/me/notifications/conversations/${id}`;
    await request(page, 'PATCH', settings, { level: 'nothing' });
    const startLoading = new AbortController();
    const mayLoad = once(startLoading.signal, 'abort');
    await page.route('**/api/v1/me/notifications', async (route) => {
      await mayLoad;
      await route.continue();
    });
    await page.goto('/');
    await writer.write('Too early');
    await rowTitled(page, /^everyone.*Too early/s);
    expect(await toastOf(page, 'Too early').count()).toBe(0);
    startLoading.abort();
    await request(page, 'PATCH', settings, { level: 'all' });
    await expect
      .poll(async () => {
        await post(writer, { body: 'Loud again' });
        return await toastOf(page, 'Loud again').count();
      })
      .toBeGreaterThan(0);
    expect(await toastOf(page, 'Too early').count()).toBe(0);
  });

  test('follow their message: an edit updates them, a deletion closes them', async () => {
    const { reader, writer, name } = await writerAndReader();
    await look(reader.page, { focus: false });
    await writer.write('A word too many');
    await toastOf(reader.page, 'A word too many').waitFor();
    await expect
      .poll(() => notified(reader.page))
      .toEqual([`${name} in everyone: A word too many`]);

    await writer.message('A word too many').hover();
    await writer.choose(writer.message('A word too many'), 'Edit message');
    const edit = writer.page.getByRole('textbox', { name: 'Edit message' });
    await edit.fill('Another word');
    await edit.press('Enter');
    await expect.poll(() => notified(reader.page)).toEqual([`${name} in everyone: Another word`]);
    await expect.poll(() => reader.page.getByText('A word too many').count()).toBe(0);

    // A later message has replaced the first: deleting the first one leaves it.
    await writer.write('A word that stays');
    await toastOf(reader.page, 'A word that stays').waitFor();
    await remove(writer, 'Another word');
    await expect
      .poll(() => notified(reader.page))
      .toEqual([`${name} in everyone: A word that stays`]);
    await remove(writer, 'A word that stays');
    await expect.poll(() => notified(reader.page)).toEqual([]);
    await expect.poll(() => reader.page.getByText('A word that stays').count()).toBe(0);
  });

  test('are turned off and on in the menu for one account in all tabs', async () => {
    const { reader, writer, name } = await writerAndReader();
    const second = await reader.context.newPage();
    await second.goto('/');
    await second.getByRole('link', { name: /everyone/ }).waitFor();
    for (const page of [reader.page, second]) await look(page, { focus: false });
    const item = async () => {
      await reader.page.getByRole('button', { name: 'Account menu' }).click();
      return reader.page.getByRole('menuitemcheckbox', { name: 'Notifications' });
    };
    expect(await (await item()).getAttribute('aria-checked')).toBe('true');
    await reader.page.getByRole('menuitemcheckbox', { name: 'Notifications' }).click();
    // In a separate conversation, whose notification is not replaced by a later one.
    await openDirect(writer, `Reader ${count}`);
    await writer.write('Not told by the browser');
    for (const page of [reader.page, second]) {
      await toastOf(page, 'Not told by the browser').waitFor();
    }
    await (await item()).click();
    await writer.open('everyone');
    await writer.write('Told again');
    await expect.poll(() => notified(reader.page)).toEqual([`${name} in everyone: Told again`]);
    // Notifications outlive the page, but the end of the session closes them.
    await reader.logout();
    await expect.poll(() => notified(reader.page)).toEqual([]);
    await expect.poll(() => reader.page.getByText('Told again').count()).toBe(0);
  });

  test('are not lost when another conversation’s notification is closed at the same moment', async () => {
    const { reader, writer, name } = await writerAndReader();
    const everyone = writer.conversation();
    const direct = await openDirect(writer, `Reader ${count}`);
    await look(reader.page, { focus: false });
    for (let round = 1; round <= 10; round++) {
      const seq = await change(writer.page, everyone, { post: `Closed ${round}` });
      await expect
        .poll(() => notified(reader.page))
        .toContain(`${name} in everyone: Closed ${round}`);
      await Promise.all([
        change(writer.page, direct, { post: `Shown ${round}` }),
        change(writer.page, everyone, { remove: seq }),
      ]);
      await expect.poll(() => notified(reader.page)).toEqual([`${name}: Shown ${round}`]);
    }
  });

  test('appear only for messages that the user is not looking at', async () => {
    const { reader, writer } = await posterAndReader();
    await reader.open('everyone');
    await writer.write('Seen at once');
    await reader.sees('Seen at once');
    expect(await toastOf(reader.page, 'Seen at once').count()).toBe(0);

    // The window is visible, but the user works in another one.
    await look(reader.page, { focus: false });
    await writer.write('Open, and not looked at');
    // Checks the toast first, here and below: it closes after some seconds.
    await toastOf(reader.page, 'Open, and not looked at').waitFor();
    await expect.poll(() => notified(reader.page)).toHaveLength(1);
    // The tab is in the background, although it has been focused.
    await look(reader.page, { focus: true, visible: false });
    await writer.write('In the background');
    await toastOf(reader.page, 'In the background').waitFor();
    await expect
      .poll(() => notified(reader.page))
      .toEqual([expect.stringContaining('In the background')]);
    // The window has the focus and shows something else: only a toast.
    await look(reader.page, { focus: true });
    await reader.page.goto('/');
    await reader.inside();
    await writer.write('While something else is open');
    await toastOf(reader.page, 'While something else is open').waitFor();
    expect((await notified(reader.page)).join()).not.toContain('something else');
    // A message of the user’s own from another device needs no notification.
    const elsewhere = await visitors.arrive();
    await elsewhere.login(`reader${count}`, PASSWORD);
    await elsewhere.open('everyone');
    await elsewhere.write('Said by myself elsewhere');
    await rowTitled(reader.page, /^everyone.*Said by myself elsewhere/s);
    expect(await toastOf(reader.page, 'Said by myself elsewhere').count()).toBe(0);
    await writer.write('And something after it');
    await toastOf(reader.page, 'And something after it').waitFor();
    // A toast leads to its conversation.
    await toastOf(reader.page, 'And something after it')
      .getByRole('button', { name: 'Open' })
      .click();
    await reader.page.getByRole('heading', { level: 1, name: 'everyone' }).waitFor();
  });

  test('are summarized for messages missed while away', async () => {
    const { reader, writer } = await posterAndReader();
    await reader.context.setOffline(true);
    await reader.page.getByText('Offline.').first().waitFor();
    await postMany(writer.page, writer.conversation(), 2);
    await reader.context.setOffline(false);
    await reader.page.getByRole('link', { name: /everyone.*2 unread/s }).waitFor();
    // What arrives until everything that was missed is loaded counts as missed, too.
    const connection = reader.page.getByText(/^You’re offline|^Connecting…|^Loading new messages…/);
    await expect.poll(() => connection.count()).toBe(0);
    expect(await toastOf(reader.page, 'entry').count()).toBe(0);
    await writer.write('Live again');
    await toastOf(reader.page, 'Live again').waitFor();
    await expect.poll(() => reader.page.title()).toMatch(/^\(3\) /);
  });

  test('show usernames for names that look alike', async () => {
    const reader = await aReader();
    const sam = await visitors.arrive();
    // The list of people starts with those who are active.
    await sam.register('sam', 'Sam Same');
    await postBodies(sam.page, EVERYONE, ['Said by Sam']);
    await reader.open('everyone');
    await reader.sees('Said by Sam');
    expect(await reader.message('Said by Sam').getByText('@sam').count()).toBe(0);
    const other = await visitors.arrive();
    await other.register('impostor', 'sam same');
    const users = reader.page.getByRole('navigation', { name: 'Conversations and people' });
    // Until then, the reader does not know that the name is shared.
    await users.getByRole('button', { name: /@impostor/ }).waitFor();
    await look(reader.page, { focus: false });
    await postBodies(other.page, EVERYONE, ['Said by the other one']);
    await toastOf(reader.page, 'Said by the other one').getByText('@impostor').waitFor();
    await expect
      .poll(() => notified(reader.page))
      .toEqual(['sam same @impostor in everyone: Said by the other one']);
    await reader.message('Said by the other one').getByText('@impostor').waitFor();
    await reader.message('Said by Sam').getByText('@sam').waitFor();
    await users.getByRole('button', { name: /@sam/ }).waitFor();
    await users.getByRole('button', { name: /@impostor/ }).click();
    await reader.page.getByRole('heading', { level: 1, name: 'sam same @impostor' }).waitFor();
  });

  test('isolate the text direction of a name', async () => {
    const reader = await aReader();
    const hebrew = await aWriter(server.url, 'shalom', 'שלום 12');
    await hebrew.write('שלום לכולם 34');
    const toast = toastOf(reader.page, 'שלום לכולם 34');
    // A toast under the pointer stays open.
    await toast.hover();
    expect(await toast.locator('[data-title] bdi').allInnerTexts()).toEqual([
      'שלום 12',
      'everyone',
    ]);
    expect(await toast.locator('[data-description] bdi').innerText()).toBe('שלום לכולם 34');
  });
});

const toastOf = (page: Page, text: string) =>
  page.locator('[data-sonner-toast]:not([data-removed="true"])').filter({ hasText: text });

/** Fakes the focus and visibility of the page, which a headless browser does not control. */
async function look(page: Page, how: { focus: boolean; visible?: boolean }): Promise<void> {
  await page.evaluate(({ focus, visible = true }) => {
    document.hasFocus = () => focus;
    Object.defineProperty(document, 'visibilityState', {
      configurable: true,
      get: () => (visible ? 'visible' : 'hidden'),
    });
    document.dispatchEvent(new Event('visibilitychange'));
  }, how);
}

/** Opens the direct conversation with this user. Returns its id. */
async function openDirect(visitor: Visitor, displayName: string): Promise<string> {
  await visitor.page.getByRole('button', { name: new RegExp(displayName) }).click();
  await visitor.page.getByRole('textbox', { name: `Message ${displayName}` }).waitFor();
  return visitor.conversation();
}

/** Posts or deletes a message through the API of the page’s own session. Returns the seq of a new one. */
async function change(
  page: Page,
  conversation: string,
  what: { post: string } | { remove: number },
): Promise<number> {
  const path = `/conversations/${conversation}/messages`;
  const answer =
    'post' in what
      ? request(page, 'POST', path, { body: what.post })
      : request(page, 'DELETE', `${path}/${what.remove}`);
  return (await answer).seq;
}

/** Sends a request to the API in the page’s own session. Returns the answer. */
function request(
  page: Page,
  method: string,
  path: string,
  body?: object,
): Promise<{ seq: number }> {
  return page.evaluate(
    async ([method, path, body]) => {
      const token = await fetch('/api/v1/auth/token', { method: 'POST' });
      const { accessToken } = (await token.json()) as { accessToken: string };
      const response = await fetch(`/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${accessToken}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${response.status}`);
      return (await response.json()) as { seq: number };
    },
    [method, path, body] as const,
  );
}

async function remove(visitor: Visitor, text: string): Promise<void> {
  await visitor.message(text).hover();
  await visitor.choose(visitor.message(text), 'Delete message');
  await visitor.page.getByRole('article').filter({ hasText: text }).waitFor({ state: 'detached' });
}
