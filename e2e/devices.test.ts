import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PushServer, startPushServer } from '../packages/server/test/support/push-server.ts';
import {
  type BuiltServer,
  CHROMIUM,
  notified,
  PASSWORD,
  rowTitled,
  startBuiltServer,
  type Visitor,
  Visitors,
} from './support.ts';

/** A text that only the first account wrote. */
const SECRET = 'confidential quarterly figures';

describe.skipIf(CHROMIUM === undefined)('two accounts in one browser', () => {
  let server: BuiltServer;
  let push: PushServer;
  const visitors = new Visitors(() => server.url, { worker: true });
  /** A user with a draft, a message, and a setting of their own. */
  const withDraft = async (username: string) => {
    const first = await visitors.arrive();
    await first.register(username, `${username} First`);
    await first.open('everyone');
    await first.write(`${SECRET}, said by ${username}`);
    await first.sees(`${SECRET}, said by ${username}`);
    await draft(first.page, `${SECRET}, drafted by ${username}`);
    await toggle(first.page, 'Notification sound');
    return first;
  };
  const another = async (username: string) => {
    const visitor = await visitors.arrive();
    await visitor.register(username, `${username} Second`);
    await visitors.leave(visitor);
  };

  beforeAll(async () => {
    push = await startPushServer();
    server = await startBuiltServer({ PUSH_NETWORKS: '127.0.0.1' });
  });
  afterAll(async () => {
    await server?.stop();
    await push?.stop();
  });

  test('keeps a draft across a reload and removes it at logout', async () => {
    await another('bo');
    const al = await withDraft('al');
    const account = await accountOf(al.page);
    await al.page.reload();
    await expect.poll(() => composer(al.page).inputValue()).toContain('drafted by al');

    await al.logout();
    await expectNothingOf(al.page, account);
    await al.login('bo', PASSWORD);
    await al.open('everyone');
    expect(await composer(al.page).inputValue()).toBe('');
    expect(await isChecked(al.page, 'Notification sound')).toBe(true);
    const kept = await everythingKept(al.page);
    expect(kept).not.toContain(`parley-${account}`);
    expect(kept).not.toContain(`parley.kept.${account}`);
    expect(kept).not.toContain('drafted by');
    // The message of the group is shown: the second account may read it too.
    await al.sees(`${SECRET}, said by al`);
  });

  test('logs out in all tabs, and a tab with a draft does not save it again', async () => {
    await another('di');
    const cy = await withDraft('cy');
    const account = await accountOf(cy.page);
    const second = await cy.context.newPage();
    await second.goto(cy.page.url());
    await expect.poll(() => composer(second).inputValue()).toContain('drafted by cy');

    await cy.logout();
    await second.getByText('You logged out in another tab.').waitFor();
    await expectNothingOf(cy.page, account);
    await expectNothingOf(second, account);
    await cy.login('di', PASSWORD);
    await second.reload();
    await second.getByRole('link', { name: /everyone/ }).click();
    expect(await composer(second).inputValue()).toBe('');
    expect(await everythingKept(second)).not.toContain('drafted by');
  });

  test('resets a tab whose account was replaced by another login', async () => {
    await another('ed');
    const flo = await withDraft('flo');
    const account = await accountOf(flo.page);
    const second = await flo.context.newPage();
    await second.goto('/');
    // The cookies and the key change without any action of the first tab.
    await second.evaluate(
      async ([login, password]) => {
        // The lock of the web client (session/session.ts): a renewal of the first account could
        // otherwise be answered later, and take the cookie back.
        const answer = await navigator.locks.request('parley-session', () =>
          fetch('/api/v1/auth/login', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ login, password }),
          }),
        );
        const { me } = (await answer.json()) as { me: { id: string } };
        // A key that sorts after those of earlier logins.
        localStorage.setItem(`parley.login.${Date.now()}`, me.id);
      },
      ['ed', PASSWORD] as const,
    );
    await flo.page
      .getByText('with another account in another tab')
      .or(flo.page.getByText('Another account is now logged in'))
      .or(flo.page.getByText('Your session has ended'))
      .waitFor();
    await expect.poll(() => everythingKept(flo.page)).not.toContain(`parley-${account}`);
    expect(await everythingKept(flo.page)).not.toContain('drafted by');
    await second.reload();
    await second.getByRole('link', { name: /everyone/ }).click();
    expect(await composer(second).inputValue()).toBe('');
  });

  test('removes all data when the session is ended from another device, also for closed tabs', async () => {
    const gus = await withDraft('gus');
    const account = await accountOf(gus.page);
    const second = await gus.context.newPage();
    await second.goto('/');
    await second.getByRole('link', { name: /everyone/ }).waitFor();
    const elsewhere = await visitors.arrive();
    await elsewhere.login('gus', PASSWORD);
    await endOtherSessions(elsewhere);
    for (const page of [gus.page, second]) {
      await page.getByText('Log in again').or(page.getByText('in another tab')).waitFor();
      await expectNothingOf(page, account);
    }
    await second.close();

    // A browser whose tabs were closed at that moment also removes it when it is opened again.
    await gus.login('gus', PASSWORD);
    await gus.open('everyone');
    await draft(gus.page, `${SECRET}, drafted again`);
    await gus.page.close();
    await endOtherSessions(elsewhere);
    const reopened = await gus.context.newPage();
    await reopened.goto('/');
    await reopened.getByText('Your session has ended').waitFor();
    await expectNothingOf(reopened, account);
  });

  test('completes an interrupted removal of a logout', async () => {
    const hal = await visitors.arrive();
    await hal.register('hal', 'hal First');
    await hal.logout();
    const left = '01890a5d-ac96-774b-bcce-b302099a8057';
    await hal.page.evaluate(async (id) => {
      localStorage.setItem(`parley.kept.${id}.draft.x`, 'left over');
      localStorage.setItem('parley.draft.y', 'of an earlier version');
      await new Promise<void>((resolve) => {
        const request = indexedDB.open(`parley-${id}`);
        request.onsuccess = () => {
          request.result.close();
          resolve();
        };
      });
    }, left);
    await hal.page.reload();
    await hal.page.getByLabel('Username or email').waitFor();
    await expectNothingOf(hal.page, left);
    expect(await everythingKept(hal.page)).not.toContain('earlier version');
  });

  test('pushes notifications to a browser until its user logs out', async () => {
    const ivo = await visitors.arrive({ notifications: true });
    const { page, context } = ivo;
    await subscribeAt(page, push);
    await ivo.register('ivo', 'Ivo Absent');
    await page.goto('/settings/notifications');
    await page.getByRole('button', { name: 'Notify this device', exact: true }).click();
    const devices = page.getByRole('list', { name: 'Devices', exact: true });
    const row = devices.getByRole('listitem').filter({ hasText: 'This device' });
    await row.getByRole('button', { name: 'Test', exact: true }).click();
    await row.getByText('last notified').waitFor();

    // While no page of the client is open, pushed messages are shown, and closed when they were
    // read elsewhere.
    const deliver = await delivery(page, server.url);
    const account = await accountOf(page);
    const jo = await visitors.arrive();
    await jo.register('jo', 'Jo Writes');
    await jo.open('everyone');
    const active = jo.page.getByRole('button', { name: 'Ivo Absent' }).getByText('active');
    await active.waitFor();
    await page.goto('/worker.js');
    await active.waitFor({ state: 'hidden' });
    await jo.write('@ivo come back');
    const pushed = () => push.pushed.map((p) => p.content).find((c) => c.type === 'message');
    await expect.poll(pushed, { timeout: 20_000 }).toBeDefined();
    const message = pushed();
    if (!message?.conversation || !message.seq) throw new Error('Nothing was pushed');
    await deliver(message);
    await expect
      .poll(() => notified(page))
      .toEqual(['Jo Writes in everyone: @Ivo Absent come back']);
    const { conversation, seq } = message;
    await deliver({ ...message, seq: seq - 1, body: 'an older one' });
    await deliver({ type: 'close', account, conversation, seq: seq - 1 });
    await deliver({ ...message, conversation: 'another', title: 'Last', body: 'delivered' });
    await expect.poll(() => notified(page)).toContain('Last: delivered');
    expect(await notified(page)).toContain('Jo Writes in everyone: @Ivo Absent come back');
    await deliver({ type: 'close', account, conversation, seq });
    await expect.poll(() => notified(page)).toEqual(['Last: delivered']);

    // A visible page shows messages itself, unless it is offline.
    await page.goto('/settings/notifications');
    await active.waitFor();
    await jo.write('You are back');
    await rowTitled(page, /^everyone.*You are back/s);
    await deliver({ ...message, title: 'While', body: 'connected' });
    await deliver({ type: 'test', account, title: 'Test', body: 'after it' });
    await expect.poll(() => notified(page)).toContain('Test: after it');
    await context.setOffline(true);
    await page.getByText('Offline.').first().waitFor();
    await deliver({ ...message, title: 'While', body: 'offline' });
    await expect
      .poll(async () => (await notified(page)).sort())
      .toEqual(['Last: delivered', 'Test: after it', 'While: offline']);
    await context.setOffline(false);

    // A click opens the message.
    const [worker] = context.serviceWorkers();
    await worker?.evaluate(async (tag) => {
      const scope = globalThis as unknown as {
        registration: ServiceWorkerRegistration;
        NotificationEvent: new (type: string, init: object) => Event;
      };
      const [notification] = await scope.registration.getNotifications({ tag });
      globalThis.dispatchEvent(new scope.NotificationEvent('notificationclick', { notification }));
    }, conversation);
    await page.waitForURL((url) => url.pathname === `/c/${conversation}`);
    await ivo.sees('come back');

    await ivo.logout();
    await expectNothingOf(page, account);
    await expect.poll(() => everythingKept(page)).not.toContain(push.url);
  });
});

/**
 * Lets a page subscribe at the push server of the test: headless browsers have none. The calls of
 * the browser are recorded in the page.
 */
async function subscribeAt(page: Page, push: PushServer): Promise<void> {
  await page.exposeFunction('subscribeAtTest', (key: string) => push.browser(key));
  await page.addInitScript(() => {
    const KEY = 'subscription-of-test';
    type Stored = { endpoint: string; keys: object; key: string };
    const subscription = ({ endpoint, keys, key }: Stored) => ({
      options: {
        applicationServerKey: Uint8Array.from(
          atob(key.replaceAll('-', '+').replaceAll('_', '/')),
          (c) => c.charCodeAt(0),
        ).buffer,
      },
      toJSON: () => ({ endpoint, keys }),
      unsubscribe: async () => {
        sessionStorage.removeItem(KEY);
        return true;
      },
    });
    Object.assign(PushManager.prototype, {
      async getSubscription() {
        const stored = sessionStorage.getItem(KEY);
        return stored === null ? null : subscription(JSON.parse(stored) as Stored);
      },
      async subscribe({ applicationServerKey: key }: { applicationServerKey: string }) {
        const { subscribeAtTest } = window as unknown as {
          subscribeAtTest(key: string): Promise<{ endpoint: string; keys: object }>;
        };
        const stored = { ...(await subscribeAtTest(key)), key };
        sessionStorage.setItem(KEY, JSON.stringify(stored));
        return subscription(stored);
      },
    });
  });
}

/**
 * Returns a function that delivers a push message to the service worker, like the push server of
 * the browser.
 */
async function delivery(page: Page, url: string): Promise<(content: object) => Promise<void>> {
  const { origin } = new URL(url);
  const devtools = await page.context().newCDPSession(page);
  const registrationId = new Promise<string>((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find((r) => r.scopeURL.startsWith(origin) && !r.isDeleted);
      if (own) resolve(own.registrationId);
    });
  });
  await devtools.send('ServiceWorker.enable');
  const target = { origin, registrationId: await registrationId };
  return async (content) => {
    const data = JSON.stringify(content);
    await devtools.send('ServiceWorker.deliverPushMessage', { ...target, data });
  };
}

const composer = (page: Page) => page.getByRole('textbox', { name: /^Message / });

/** Types into the composer, and waits for the draft to be saved. */
async function draft(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await expect.poll(() => everythingKept(page)).toContain(text);
}

/** Returns the account that the browser has recorded as logged in. */
const accountOf = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const login = Object.keys(localStorage).find((key) => key.startsWith('parley.login.'));
    return (login !== undefined && localStorage.getItem(login)) || 'none';
  });

async function menuItem(page: Page, name: string) {
  await page.getByRole('button', { name: 'Account menu' }).click();
  return page.getByRole('menuitemcheckbox', { name });
}

async function toggle(page: Page, name: string): Promise<void> {
  await (await menuItem(page, name)).click();
}

async function isChecked(page: Page, name: string): Promise<boolean> {
  const item = await menuItem(page, name);
  const checked = (await item.getAttribute('aria-checked')) === 'true';
  await page.keyboard.press('Escape');
  return checked;
}

async function endOtherSessions(visitor: Visitor): Promise<void> {
  await visitor.page.goto('/settings/sessions');
  await visitor.page.getByRole('button', { name: 'Log out other sessions' }).click();
  await visitor.page.getByRole('alertdialog').getByRole('button', { name: 'Log out' }).click();
  await visitor.page.getByText('Other sessions logged out').waitFor();
}

/** Returns everything that the browser stores for this site as one text, with names of databases. */
function everythingKept(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const request = <T>(of: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        of.onsuccess = () => resolve(of.result);
        of.onerror = () => reject(of.error);
      });
    // One that the client has just deleted is not created again by opening it.
    const existing = (name: string) => {
      const opening = indexedDB.open(name);
      opening.onupgradeneeded = () => opening.transaction?.abort();
      return request(opening).catch(() => null);
    };
    const kept: unknown[] = [{ ...localStorage }, { ...sessionStorage }];
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue;
      const database = await existing(name);
      if (database === null) continue;
      const stores = [...database.objectStoreNames];
      kept.push(name);
      for (const store of stores) {
        kept.push(await request(database.transaction(store).objectStore(store).getAll()));
      }
      database.close();
    }
    // Takes the lock of the web client (lib/notification-lock.ts): listing would lose a notification
    // that is being shown.
    await navigator.locks.request('parley-notifications', async () => {
      const worker = await navigator.serviceWorker.getRegistration();
      for (const shown of (await worker?.getNotifications()) ?? []) {
        kept.push(shown.title, shown.body, shown.data);
      }
    });
    kept.push(await caches.keys());
    return JSON.stringify(kept);
  });
}

/** Waits until neither storage nor the page contains anything of the account. */
async function expectNothingOf(page: Page, account: string): Promise<void> {
  await expect.poll(() => everythingKept(page)).not.toContain(account);
  const kept = await everythingKept(page);
  expect(kept).not.toContain(SECRET);
  expect(kept).not.toContain('parley.kept');
  const shown = await page.evaluate(() => document.documentElement.outerHTML);
  expect(shown).not.toContain(SECRET);
  expect(shown).not.toContain(account);
  expect(await page.title()).not.toContain('everyone');
}
