import type { ConversationId } from '@parley/protocol';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import type { Login } from './fill.ts';

/** A page in its own browser context, in which an account is logged in. */
export interface OpenPage {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly devtools: CDPSession;
}

/** The cookies and the storage of a login, for further contexts. */
export type LoginState = Awaited<ReturnType<BrowserContext['storageState']>>;

const VIEWPORT = { width: 1440, height: 900 };

/** Logs in through the pages, and returns the state of the browser. */
export async function logIn(browser: Browser, url: string, login: Login): Promise<LoginState> {
  const context = await browser.newContext({ baseURL: url, viewport: VIEWPORT });
  const page = await context.newPage();
  await page.goto('/login');
  await page.getByLabel('Username or email').fill(login.username);
  await page.getByLabel('Password', { exact: true }).fill(login.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('navigation', { name: 'Conversations and people' }).waitFor();
  const state = await context.storageState();
  await context.close();
  return state;
}

/**
 * Opens a page in a new context: nothing is cached. Without service workers every file that the page needs is
 * requested by the page.
 */
export async function openPage(
  browser: Browser,
  url: string,
  state?: LoginState,
): Promise<OpenPage> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: VIEWPORT,
    serviceWorkers: 'block',
    ...(state && { storageState: state }),
  });
  const page = await context.newPage();
  await page.addInitScript({ content: 'window.__name = (f) => f;' });
  return { context, page, devtools: await context.newCDPSession(page) };
}

/** Opens a conversation by its address, and waits until its messages are shown. */
export async function openConversation(page: Page, id: ConversationId): Promise<void> {
  await page.goto(`/c/${id}`);
  await page.getByRole('article').last().waitFor();
}

/** Resolves when the page has had nothing to do for a second. */
export async function whenIdle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.evaluate(async () => {
    for (let calm = 0; calm < 10; ) {
      const startedAt = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 100));
      calm = performance.now() - startedAt < 130 ? calm + 1 : 0;
    }
  });
}
