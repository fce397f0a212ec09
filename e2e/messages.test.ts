import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type BuiltServer,
  CHROMIUM,
  postBodies,
  startBrowser,
  startBuiltServer,
  Visitor,
} from './support.ts';

describe.skipIf(CHROMIUM === undefined)('messages', () => {
  let server: BuiltServer;
  let browser: Browser;
  let visitors: Visitor[] = [];
  const arrive = async (options?: Parameters<typeof Visitor.arrive>[2]) => {
    const visitor = await Visitor.arrive(browser, server.url, options);
    visitors.push(visitor);
    return visitor;
  };

  beforeAll(async () => {
    server = await startBuiltServer();
    browser = await startBrowser();
  });
  afterEach(async () => {
    const complaints = visitors.flatMap((v) => v.complaints);
    for (const visitor of visitors) await visitor.context.close();
    visitors = [];
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('made to block the page do not, and long ones are folded', async () => {
    const zoe = await arrive();
    await zoe.register('zoe', 'Zoe Marks');
    await zoe.open('everyone');
    await zoe.page.evaluate(() => {
      const blocked = { ms: 0 };
      Object.assign(window, { blocked });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) blocked.ms = Math.max(blocked.ms, entry.duration);
      }).observe({ type: 'longtask' });
    });
    const hostile = [
      `a${'\u0301'.repeat(15_000)}`,
      `👍${'\u{1f3fd}'.repeat(7_000)}`,
      `http://${')'.repeat(15_991)}a`,
      `${'`'.repeat(15_000)}`,
      '\n'.repeat(10_000).padStart(10_001, 'x').padEnd(10_002, 'x'),
      `${'ع'.repeat(15_000)}`,
    ];
    const bodies = Array.from({ length: 30 }, (_, n) => hostile[n % hostile.length] as string);
    await postBodies(zoe.page, zoe.conversation(), [...bodies, 'After all of them']);
    await zoe.sees('After all of them');
    const blocked = () =>
      zoe.page.evaluate(() => (window as unknown as { blocked: { ms: number } }).blocked.ms);
    // 30 messages of 15,000 marks once took 38 s. A task of this length is noticed, no more.
    expect(await blocked()).toBeLessThan(1_500);

    const words = Array.from({ length: 800 }, (_, n) => `word${n}`).join(' ');
    await zoe.write(words);
    const long = zoe.message('word0 word1');
    await long.getByRole('button', { name: 'Show more' }).waitFor();
    expect(await long.innerText()).not.toContain('word799');
    await long.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => long.innerText()).toContain('word799');
    await long.getByRole('button', { name: 'Show less' }).click();
    await expect.poll(() => long.innerText()).not.toContain('word799');
  });
});
