import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../packages/server/test/support/database.ts';
import { startTestServer, type TestServer } from '../packages/server/test/support/server.ts';
import { barriers, CHROMIUM, sideways, startBrowser } from './support.ts';

describe.skipIf(CHROMIUM === undefined)('the pages that the server makes', () => {
  let cluster: TestCluster;
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    cluster = await startTestCluster();
    server = await startTestServer(cluster);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await cluster?.stop();
  });

  /** Opens a page. `errors` gets its script errors, violations of its policy and requests to other servers. */
  async function open(options: { dark?: boolean; width?: number } = {}) {
    const { dark = false, width = 1280 } = options;
    const page = await browser.newPage({
      colorScheme: dark ? 'dark' : 'light',
      viewport: { width, height: 800 },
      baseURL: server.url,
    });
    const errors: string[] = [];
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== server.url) errors.push(request.url());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted/i.test(message.text())) errors.push(message.text());
    });
    return { page, errors };
  }

  const bodyWidth = (page: Page) => page.evaluate(() => getComputedStyle(document.body).maxWidth);

  test('keep their styles under the content security policy', async () => {
    const { page, errors } = await open();
    for (const [path, heading] of [
      ['/unsubscribe', "This link isn't valid"],
      ['/docs/errors', 'Error codes'],
    ] as const) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      expect(await bodyWidth(page), path).toBe('768px');
      expect(errors, path).toEqual([]);
      // Axe adds its own styles, which the policy blocks.
      expect(await barriers(page), path).toEqual([]);
      errors.length = 0;
    }
  });

  test('include an accessible API reference with every operation, light and dark', async () => {
    const answer = await fetch(`${server.url}/api/v1/openapi.json`);
    const { paths } = (await answer.json()) as { paths: Record<string, object> };
    const operations = Object.values(paths).flatMap((methods) => Object.keys(methods));
    const { page, errors } = await open();
    await page.goto('/docs');
    await page.getByText('The complete API of this server').waitFor();
    expect(await page.locator('main article .call').count()).toBe(operations.length);
    await page.locator('summary', { hasText: /^Accounts$/ }).click();
    await page.getByRole('link', { name: 'Register an account and log in' }).first().click();
    await page.locator('h3:target', { hasText: 'Register an account' }).waitFor();
    expect(errors).toEqual([]);
    // Contrasts take most of the time on a page of 30,000 elements.
    expect(await barriers(page, { without: ['color-contrast'] })).toEqual([]);
    for (const dark of [false, true]) {
      await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
      await page.setViewportSize({ width: dark ? 360 : 1280, height: 800 });
      expect(await sideways(page)).toBe(0);
    }
    await removeAlikeSections(page);
    for (const dark of [false, true]) {
      await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
      await page.setViewportSize({ width: dark ? 360 : 1280, height: 800 });
      expect(await barriers(page)).toEqual([]);
    }
  });

  test('include a description of each error code', async () => {
    const answer = await fetch(`${server.url}/api/v1/me`);
    const { type, title } = await answer.json();
    const { page } = await open();
    await page.goto(new URL(type, server.url).href);
    const description = page.locator(`dt:target + dd`);
    expect(await description.textContent()).toBe(title);
  });
});

/**
 * Removes the sections of operations and schemas in which no element is nested in a new way: its colors depend only on
 * its tag and class, and on those around it. The section that the address names is kept.
 */
async function removeAlikeSections(page: Page): Promise<void> {
  const { kept, all } = await page.evaluate(() => {
    const seen = new Set<string>();
    const nestingOf = (element: Element, within: Element): string => {
      const own = `${element.tagName}.${element.className}`;
      const { parentElement } = element;
      if (element === within || parentElement === null) return own;
      return `${nestingOf(parentElement, within)} ${own}`;
    };
    const sections = [...document.querySelectorAll('main article')];
    const removed = sections.filter((section) => {
      const before = seen.size;
      for (const element of section.querySelectorAll('*')) seen.add(nestingOf(element, section));
      return seen.size === before && section.querySelector(':target') === null;
    });
    for (const section of removed) section.remove();
    return { kept: sections.length - removed.length, all: sections.length };
  });
  expect(kept).toBeGreaterThan(1);
  expect(kept).toBeLessThan(all / 4);
}
