import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../packages/server/test/support/database.ts';
import { startTestServer, type TestServer } from '../packages/server/test/support/server.ts';
import { CHROMIUM, startBrowser } from './support.ts';

describe.skipIf(CHROMIUM === undefined)('the API reference at /docs', () => {
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

  test('renders under its content security policy, and sends no request to another server', async () => {
    const page = await browser.newPage();
    const foreign: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== 'data:' && protocol !== 'blob:' && origin !== server.url) {
        foreign.push(request.url());
      }
    });
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted/i.test(message.text())) errors.push(message.text());
    });
    await page.goto(`${server.url}/docs`);
    await page.getByText('The complete API of this server').waitFor();
    await page.goto(`${server.url}/docs#tag/accounts/POST/api/v1/auth/register`);
    await page.getByText('and get it in the response').first().waitFor();
    expect({ foreign, errors }).toEqual({ foreign: [], errors: [] });
  });

  test('links from a problem to its description', async () => {
    const answer = await fetch(`${server.url}/api/v1/me`);
    const { type, title } = await answer.json();
    const page = await browser.newPage();
    await page.goto(new URL(type, server.url).href);
    const description = page.locator(`dt:target + dd`);
    expect(await description.textContent()).toBe(title);
  });
});
