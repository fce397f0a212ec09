import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Installation, RENAMED, renameAssets } from './installation.ts';
import { apiOf, barriers, CHROMIUM, sideways, Visitors } from './support.ts';

describe.skipIf(CHROMIUM === undefined)('offline', () => {
  let installation: Installation;
  const visitors = new Visitors(() => installation.url, { worker: true });

  beforeAll(async () => {
    installation = await Installation.make();
    await installation.start();
  });
  afterAll(() => installation?.remove());

  test('the web client can be installed, and starts without a network connection', async () => {
    const olga = await visitors.arrive();
    await olga.register('olga', 'Olga Offline');
    await olga.open('everyone');
    await olga.write('Written while connected');
    await olga.sees('Written while connected');
    await shellStored(olga.page);

    const devtools = await olga.context.newCDPSession(olga.page);
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    // Private windows, such as those of these tests, cannot install anything.
    expect(
      installabilityErrors.map((e) => e.errorId).filter((id) => id !== 'in-incognito'),
    ).toEqual([]);
    const { errors, data } = await devtools.send('Page.getAppManifest');
    expect(errors).toEqual([]);
    const { icons } = JSON.parse(data ?? '') as { icons: { purpose?: string; src: string }[] };
    expect(icons.some((icon) => icon.purpose === 'maskable')).toBe(true);
    for (const { src } of icons) expect((await olga.page.request.get(src)).status()).toBe(200);

    await olga.context.setOffline(true);
    await olga.page.reload();
    await olga.sees('Written while connected');
    await olga.page.goto('/search?q=written');
    const found = olga.page.getByRole('list', { name: 'Messages found' });
    await found.getByText('Olga Offline', { exact: true }).waitFor();
    // A page that was never opened.
    await olga.page.goto('/settings/notifications');
    await olga.page.getByRole('heading', { level: 1, name: 'Notifications' }).waitFor();
    expect(await cachedApiAnswers(olga.page)).toEqual([]);
  });

  test('offline actions survive reloads, and are executed once and in order afterwards', async () => {
    const [pia, quin] = [await visitors.arrive(), await visitors.arrive()];
    await pia.register('pia', 'Pia Away');
    await quin.register('quin', 'Quin Here');
    await pia.createGroup('Islands', ['Quin Here']);
    await pia.page.getByRole('main').getByRole('button', { name: 'Add to favorites' }).click();
    await favorites(pia.page).getByText('Islands').waitFor();
    await pia.write('By Pia, first');
    await quin.open('Islands');
    await quin.write('By Quin');
    await pia.sees('By Quin');
    await shellStored(pia.page);

    await pia.context.setOffline(true);
    await pia.write('Offline one');
    await pia.write('Offline two');
    await pia.message('By Quin').hover();
    await pia.message('By Quin').getByRole('button', { name: 'Add reaction' }).click();
    await pia.page.getByRole('combobox', { name: 'Search emoji' }).fill('tada');
    await pia.page.getByRole('gridcell', { name: 'tada', exact: true }).click();
    await pia.page.getByRole('textbox', { name: 'Message Islands' }).press('ArrowUp');
    const editor = pia.page.getByRole('textbox', { name: 'Edit message' });
    await editor.fill('By Pia, edited');
    await editor.press('Enter');
    const unsent = '2 messages and 2 changes to messages';
    await pia.page.getByText(`Will be sent when you reconnect: ${unsent}.`).waitFor();

    const address = pia.page.url();
    // The sidebar changes at once.
    await pia.open('everyone');
    await pia.page.getByRole('main').getByRole('button', { name: 'Add to favorites' }).click();
    await favorites(pia.page).getByText('everyone').waitFor();
    const direct = { name: 'Direct messages', exact: true } as const;
    await pia.page.getByRole('button', { ...direct, expanded: true }).click();
    // A draft is listed, and saved later although its conversation is no longer open.
    await pia.page.locator('[data-composer]').fill('Written on an island');
    await pia.page.getByRole('link', { name: /^Drafts/ }).click();
    await pia.page.getByRole('main').getByText('Written on an island').waitFor();
    // What this device has not stored does not look as if it were loading.
    await pia.page.goto('/settings/sessions');
    await pia.page.getByRole('main').getByText('This will load when you’re back online.').waitFor();
    await pia.page.goto('/settings/notifications');
    const reactions = pia.page.getByRole('checkbox', { name: /^Notify me about reactions/ });
    // Shown with the next frame, for which `check` does not wait.
    await reactions.click();
    await expect.poll(() => reactions.isChecked()).toBe(true);
    await pia.page.getByLabel('Keywords').fill('rescue');
    await pia.page.getByRole('button', { name: 'Save keywords' }).click();
    await pia.page.getByText('Saved on this device.').waitFor();

    // Also of a tab that was closed.
    await pia.page.close();
    const again = await pia.context.newPage();
    await again.goto(address);
    const shows = (text: string) => again.getByRole('article').filter({ hasText: text });
    for (const text of ['Offline one', 'Offline two', 'By Pia, edited'])
      await shows(text).waitFor();
    await shows('By Quin')
      .getByRole('button', { name: /🎉 1 by you/ })
      .waitFor();
    await again.getByText('Pia Away added Quin Here').waitFor();
    await favorites(again).getByText('Islands').waitFor();
    await favorites(again).getByText('everyone').waitFor();
    await again.getByRole('button', { ...direct, expanded: false }).waitFor();
    await again.goto('/search?q=quin');
    await again.getByText(/Only recent messages stored on this device/).waitFor();
    await again.getByRole('list', { name: 'Messages found' }).getByText('By Quin').waitFor();
    // Unsent messages are not lost by accident.
    await again.getByRole('button', { name: 'Account menu' }).click();
    await again.getByRole('menuitem', { name: 'Log out' }).click();
    await again.getByRole('heading', { name: 'Discard 8 unsent changes?' }).waitFor();
    await again.getByRole('button', { name: 'Cancel' }).click();

    await pia.context.setOffline(false);
    await quin.sees('By Pia, edited');
    await quin.sees('Offline two');
    await quin
      .message('By Quin')
      .getByRole('button', { name: /🎉 1 by Pia Away/ })
      .waitFor();
    const texts = await quin.page.getByRole('article').allInnerTexts();
    const order = ['By Pia, edited', 'By Quin', 'Offline one', 'Offline two'];
    expect(order.map((text) => texts.filter((shown) => shown.includes(text)).length)).toEqual([
      1, 1, 1, 1,
    ]);
    const places = order.map((text) => texts.findIndex((shown) => shown.includes(text)));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    const asPia = await apiOf(again);
    await expect
      .poll(async () => JSON.stringify(await asPia('GET', '/me/drafts')))
      .toContain('Written on an island');
    // The other devices have the same sidebar.
    await expect
      .poll(() => asPia('GET', '/me/sidebar'))
      .toMatchObject({
        sections: expect.arrayContaining([
          expect.objectContaining({ id: 'direct', isCollapsed: true }),
        ]),
        placements: [{ section: 'favorites' }, { section: 'favorites' }],
      });

    await expect
      .poll(() => asPia('GET', '/me/notifications'))
      .toMatchObject({ settings: { reactions: true, keywords: ['rescue'] } });

    // Logging out leaves nothing behind in any tab.
    const other = await pia.context.newPage();
    await other.goto('/');
    await other.getByRole('navigation', { name: 'Conversations and people' }).waitFor();
    await again.getByRole('button', { name: 'Account menu' }).click();
    await again.getByRole('menuitem', { name: 'Log out' }).click();
    await again.getByLabel('Username or email').waitFor();
    await other.getByText('You logged out in another tab.').waitFor();
    await expect.poll(() => leftovers(other)).toEqual([]);
  });

  test('a full device, or deleted data, does not stop the client', async () => {
    const fay = await visitors.arrive();
    await fay.register('fay', 'Fay Full');
    await fay.open('everyone');
    const warning = fay.page.getByText('This device can’t store messages right now');
    // As a browser does on a full disk; its quota for tests has no effect on small writes.
    await fay.page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('The disk is full', 'QuotaExceededError');
      };
    });
    await fay.write('Written without space');
    await warning.waitFor();
    await fay.page.getByText(/Its storage is full/).waitFor();
    await fay.message('Written without space').getByRole('img', { name: 'Sent' }).waitFor();

    await fay.page.reload();
    await fay.sees('Written without space');
    await fay.page.evaluate(async () => {
      for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name ?? '');
    });
    await fay.write('Written after the deletion');
    await warning.waitFor();
    await fay.message('Written after the deletion').getByRole('img', { name: 'Sent' }).waitFor();
    await fay.page.reload();
    await fay.sees('Written after the deletion');
    expect(await warning.isVisible()).toBe(false);
  });

  test('tabs share one connection, send in order, and continue when the tab that has it is closed', async () => {
    const [rita, sven] = [await visitors.arrive(), await visitors.arrive()];
    await rita.register('rita', 'Rita Tabs');
    await sven.register('sven', 'Sven Reader');
    await rita.createGroup('Tabs', ['Sven Reader']);
    await sven.open('Tabs');
    const sockets = new Map<Page, Set<object>>();
    const opened = async () => {
      const tab = await rita.context.newPage();
      const open = new Set<object>();
      sockets.set(tab, open);
      tab.on('websocket', (socket) => {
        open.add(socket);
        socket.on('close', () => open.delete(socket));
      });
      await tab.goto(rita.page.url());
      await tab.getByRole('heading', { level: 1, name: 'Tabs' }).waitFor();
      return tab;
    };
    const count = () =>
      [...sockets].reduce((n, [tab, open]) => n + (tab.isClosed() ? 0 : open.size), 0);
    const write = async (tab: Page, text: string) => {
      const field = tab.getByRole('textbox', { name: 'Message Tabs' });
      await field.fill(text);
      await field.press('Enter');
    };
    const [first, second, third] = [await opened(), await opened(), await opened()];
    // The first page of this browser has the connection.
    await expect.poll(count).toBe(0);
    await write(first, 'one');
    await third.getByRole('article').filter({ hasText: 'one' }).waitFor();
    await write(second, 'two');
    await sven.sees('two');
    await sven.write('from Sven');
    for (const tab of [first, second, third]) {
      await tab.getByRole('article').filter({ hasText: 'from Sven' }).waitFor();
    }

    // At the moment of the hand-over.
    const closing = rita.page.close();
    await write(second, 'three');
    await write(second, 'four');
    await closing;
    await sven.sees('four');
    await expect.poll(count).toBe(1);
    await sven.write('still there');
    for (const tab of [first, second, third]) {
      await tab.getByRole('article').filter({ hasText: 'still there' }).waitFor();
    }
    const texts = await sven.page.getByRole('article').allInnerTexts();
    const shown = texts.map((text) => /one|two|from Sven|three|four|still there/.exec(text)?.[0]);
    expect(shown).toEqual(['one', 'two', 'from Sven', 'three', 'four', 'still there']);
  });

  test('a new version is offered, and text being typed is still there after the update', async () => {
    const nora = await visitors.arrive();
    await nora.register('nora', 'Nora New');
    await nora.open('everyone');
    await shellStored(nora.page);
    let loads = 0;
    nora.page.on('load', () => loads++);

    await installation.upgrade(renameAssets);
    const offer = nora.page.getByRole('region', { name: 'A new version of Parley is available' });
    await offer.waitFor();
    // It covers nothing.
    for (const width of [360, 1440]) {
      await nora.page.setViewportSize({ width, height: 740 });
      await nora.page.getByRole('button', { name: 'Details and members' }).click({ trial: true });
      expect(await sideways(nora.page)).toBe(0);
    }
    expect(await barriers(nora.page)).toEqual([]);
    // Until it is reloaded, the old version works with the new server, including pages that were
    // never opened.
    await nora.write('By the old version');
    await nora.page.getByRole('link', { name: 'Threads' }).click();
    await nora.page.getByRole('heading', { level: 1, name: 'Threads' }).waitFor();
    await nora.open('everyone');
    await nora.message('By the old version').getByLabel('Sent').waitFor();
    const composer = nora.page.getByRole('textbox', { name: 'Message everyone' });
    await composer.fill('Typed before the reload');
    expect(await scripts(nora.page)).not.toContain(RENAMED);
    expect(loads).toBe(0);

    await offer.getByRole('button', { name: 'Reload' }).click();
    await expect.poll(() => scripts(nora.page)).toContain(RENAMED);
    await expect.poll(() => composer.inputValue()).toBe('Typed before the reload');
    expect(loads).toBe(1);
    expect(await offer.isVisible()).toBe(false);
  });
});

/** Returns the section of favorites in the sidebar. */
const favorites = (page: Page) => page.getByRole('list', { name: 'Favorites', exact: true });

/** Resolves when the service worker has stored the files of the web client. */
const shellStored = (page: Page) =>
  expect
    .poll(() => page.evaluate(async () => (await caches.match('/index.html')) !== undefined), {
      timeout: 30_000,
    })
    .toBe(true);

/** Returns what this browser still stores, besides the theme and the name of the server. */
const leftovers = (page: Page) =>
  page.evaluate(async () => {
    const databases = (await indexedDB.databases()).map(({ name }) => name);
    const registration = await navigator.serviceWorker.getRegistration();
    const subscription = await registration?.pushManager.getSubscription();
    const kept = Object.keys(localStorage).filter(
      (key) => !/^parley\.(theme|server-name)$/.test(key),
    );
    const found = [...databases, ...(await caches.keys()), ...kept, ...Object.keys(sessionStorage)];
    return [...found, ...(subscription ? [subscription.endpoint] : [])];
  });

/** Returns the addresses of the scripts of the page. */
const scripts = (page: Page) =>
  page
    .evaluate(() => Array.from(document.scripts, (script) => script.src).join(' '))
    // The page is being reloaded.
    .catch(() => '');

/** Returns which answers of the API are in a cache. */
const cachedApiAnswers = (page: Page) =>
  page.evaluate(async () => {
    const found: string[] = [];
    for (const name of await caches.keys()) {
      for (const { url } of await (await caches.open(name)).keys()) {
        if (new URL(url).pathname.startsWith('/api/')) found.push(url);
      }
    }
    return found;
  });
