import type { Browser, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Installation, removePage, renameAssets } from './installation.ts';
import { barriers, CHROMIUM, sideways, startBrowser, Visitor } from './support.ts';

/** Limit for the first view over the network, with fonts and all texts. Zod alone would exceed it. */
const FIRST_VIEW_MAX = 212 * 1024;
/** Limit for its scripts and styles. */
const SCRIPTS_AND_STYLES_MAX = 164 * 1024;
/** Limits for the number of scripts: without the groups of chunks.ts there were 36, and 190 in a conversation. */
const FIRST_VIEW_SCRIPTS = 10;
const CONVERSATION_SCRIPTS = 16;

describe.skipIf(CHROMIUM === undefined)('the built web client', () => {
  let installation: Installation;
  let browser: Browser;

  beforeAll(async () => {
    [installation, browser] = await Promise.all([Installation.make(), startBrowser()]);
    await installation.start();
  });
  afterAll(async () => {
    await browser?.close();
    await installation?.remove();
  });

  test('serves text files compressed', async () => {
    const context = await browser.newContext({ baseURL: installation.url });
    const page = await context.newPage();
    const files: { path: string; encoding: string | undefined; sent: number; size: number }[] = [];
    let styles = '';
    const seen: Promise<void>[] = [];
    page.on('requestfinished', (request) => {
      const look = async () => {
        const response = await request.response();
        if (!response || new URL(request.url()).pathname.startsWith('/api/')) return;
        const { responseBodySize } = await request.sizes();
        const body = await response.body();
        if (request.resourceType() === 'stylesheet') styles += body.toString();
        files.push({
          path: new URL(request.url()).pathname,
          encoding: (await response.allHeaders())['content-encoding'],
          sent: responseBodySize,
          size: body.length,
        });
      };
      seen.push(look());
    });
    await page.goto('/welcome', { waitUntil: 'networkidle' });
    await Promise.all(seen);
    await context.close();
    const texts = files.filter((f) => /\.(js|css)$/.test(f.path) && f.size > 1024);
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.filter((f) => f.encoding !== 'br')).toEqual([]);
    const sum = (of: (file: (typeof files)[number]) => number) =>
      files.reduce((n, file) => n + of(file), 0);
    expect(sum((f) => f.sent)).toBeLessThan(FIRST_VIEW_MAX);
    expect(texts.reduce((n, f) => n + f.sent, 0)).toBeLessThan(SCRIPTS_AND_STYLES_MAX);
    expect(files.filter((f) => f.path.endsWith('.js')).length).toBeLessThanOrEqual(
      FIRST_VIEW_SCRIPTS,
    );
    // A build for older browsers turns it into a list of languages, which texts of messages do not
    // have.
    expect(styles).toContain(':dir(ltr)');
  });

  test('without a service worker: asks for a reload after an upgrade, keeps the draft, and never reloads by itself', async () => {
    const una = await Visitor.arrive(browser, installation.url);
    await una.registerByForm('una', 'Una Upgraded');
    await una.open('everyone');
    const composer = una.page.getByRole('textbox', { name: 'Message everyone' });
    await composer.fill('Typed before the upgrade');
    const reload = () => una.page.reload({ waitUntil: 'networkidle' });
    const scripts = await countScripts(una.page, reload);
    expect(scripts).toBeGreaterThan(5);
    expect(scripts).toBeLessThanOrEqual(CONVERSATION_SCRIPTS);
    expect(await scriptsNotPreloaded(una.page)).toEqual([]);
    const loads = countLoads(una.page);

    // Its items are loaded when it is first opened, unless the page has been idle before.
    await una.page.getByRole('button', { name: 'Account menu' }).click();
    await una.page.getByRole('menuitem', { name: 'Your account' }).waitFor();
    await una.page.keyboard.press('Escape');
    await installation.upgrade(renameAssets);
    await una.page.getByRole('button', { name: 'Account menu' }).click();
    await una.page.getByRole('menuitem', { name: 'Your account' }).click();
    await una.page.getByRole('heading', { name: 'Reload this page' }).waitFor();
    expect(loads()).toBe(0);
    expect(await barriers(una.page)).toEqual([]);
    await una.page.getByRole('button', { name: 'Reload' }).click();
    await una.page.getByRole('heading', { level: 1, name: 'Profile' }).waitFor();
    await una.open('everyone');
    await expect.poll(() => composer.inputValue()).toBe('Typed before the upgrade');

    // A build without one page: the user was asked for every reload, and the rest still works.
    await installation.upgrade((assets) => removePage(assets, 'sessions-page'));
    await una.page.goto('/settings/sessions');
    await una.page.getByRole('heading', { name: 'Reload this page' }).waitFor();
    await una.page.setViewportSize({ width: 360, height: 740 });
    expect(await sideways(una.page)).toBe(0);
    const before = loads();
    await una.page.getByRole('button', { name: 'Reload' }).click();
    await una.page.waitForLoadState('networkidle');
    await una.page.getByRole('heading', { name: 'Reload this page' }).waitFor();
    expect(loads()).toBe(before + 1);
    await una.page.goto('/');
    await una.open('everyone');
    await expect.poll(() => composer.inputValue()).toBe('Typed before the upgrade');

    // The page of one build without a script that it starts with: no empty page.
    await una.context.close();
    for (const script of ['application', 'index']) {
      await installation.upgrade((assets) => removePage(assets, script));
      const visitor = await Visitor.arrive(browser, installation.url, { worker: true });
      await visitor.openFirstPage();
      const { page, context } = visitor;
      await page.getByRole('heading', { name: 'Couldn’t load Parley' }).waitFor();
      await page.getByRole('button', { name: 'Reload' }).waitFor();
      await context.close();
    }
  });
});

/** Returns the scripts for a session that the page has not requested together with its main script. */
const scriptsNotPreloaded = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const preloader = document.querySelector<HTMLScriptElement>('script[src="/preload.js"]');
    const { session, texts } = JSON.parse(preloader?.dataset.scripts ?? '') as {
      session: string[];
      texts: { start: Record<string, string> };
    };
    const scripts = [...session, texts.start[document.documentElement.lang.slice(0, 2)] ?? 'texts'];
    return scripts.filter(
      (href) => !document.querySelector(`link[rel=modulepreload][href="${href}"]`),
    );
  });

/** Returns how many scripts a page requests meanwhile, those in its cache included. */
async function countScripts(page: Page, run: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const look = (request: Request) => {
    if (request.resourceType() === 'script') count++;
  };
  page.on('request', look);
  await run();
  page.off('request', look);
  return count;
}

/** Counts how often the page is loaded from now on. */
function countLoads(page: Page): () => number {
  let count = 0;
  page.on('load', () => {
    count++;
  });
  return () => count;
}
