import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BuiltServer,
  CHROMIUM,
  PASSWORD,
  startBuiltServer,
  type Visitor,
  Visitors,
} from './support.ts';

/** A text that only the first account has written. */
const SECRET = 'confidential quarterly figures';

describe.skipIf(CHROMIUM === undefined)('two accounts in one browser', () => {
  let server: BuiltServer;
  const visitors = new Visitors(() => server.url);
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
    server = await startBuiltServer();
  });
  afterAll(async () => {
    await server?.stop();
  });

  test('keeps a draft over a reload and removes it on logout', async () => {
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

  test('resets a tab whose account was replaced by another log-in', async () => {
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
        // A key that sorts after those of earlier log-ins.
        localStorage.setItem(`parley.login.${Date.now()}`, me.id);
      },
      ['ed', PASSWORD] as const,
    );
    await flo.page
      .getByText('with another account in another tab')
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

  test('completes an interrupted removal of a log-out', async () => {
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
});

const composer = (page: Page) => page.getByRole('textbox', { name: /^Message / });

/** Types into the composer, and waits until the draft is saved. */
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
    const kept: unknown[] = [{ ...localStorage }, { ...sessionStorage }];
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue;
      const database = await request(indexedDB.open(name));
      const stores = [...database.objectStoreNames];
      kept.push(name);
      for (const store of stores) {
        kept.push(await request(database.transaction(store).objectStore(store).getAll()));
      }
      database.close();
    }
    // The lock of the web client (notifications/lock.ts): listing loses what is being shown.
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
