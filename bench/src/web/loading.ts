import type { ConversationId } from '@parley/protocol';
import type { Browser } from 'playwright-core';
import { type LoginState, openPage } from './page.ts';

/** The main thread is calm after this time without a long task, ms. */
const CALM_MS = 500;
/** A conversation must be interactive within this time, even on a busy machine, ms. */
const INTERACTIVE_MS = 60_000;

/** Returns the size of the scripts and styles that an address needs, as they are sent, KiB. */
export async function sizeOf(
  browser: Browser,
  url: string,
  path: string,
  state?: LoginState,
): Promise<number> {
  const { context, page } = await openPage(browser, url, state);
  const sizes: Promise<number>[] = [];
  page.on('requestfinished', (request) => {
    if (!['script', 'stylesheet'].includes(request.resourceType())) return;
    sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await page.goto(path, { waitUntil: 'networkidle' });
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await context.close();
  return bytes / 1024;
}

/**
 * Returns when a conversation is interactive that is opened by its address with nothing cached, on a processor that is
 * slowed four times: the message field is there, its messages are shown, and no task longer than 50 ms runs for the next 500 ms. ms
 * after the navigation.
 */
export async function timeToInteractive(
  browser: Browser,
  url: string,
  id: ConversationId,
  state: LoginState,
): Promise<number> {
  const { context, page, devtools } = await openPage(browser, url, state);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await page.addInitScript(() => {
    const seen = { shownAt: 0, busyUntil: 0 };
    Object.assign(window, { benchSeen: seen });
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        seen.busyUntil = startTime + duration;
      }
    }).observe({ type: 'longtask', buffered: true });
    const look = () => {
      if (document.querySelector('textarea') && document.querySelector('article')) {
        seen.shownAt = performance.now();
      } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(`/c/${id}`);
  const limits = { calm: CALM_MS, max: INTERACTIVE_MS };
  const readyAt = await page.evaluate(async ({ calm, max }) => {
    const { benchSeen } = window as unknown as {
      benchSeen: { shownAt: number; busyUntil: number };
    };
    for (;;) {
      const { shownAt, busyUntil } = benchSeen;
      const since = Math.max(shownAt, busyUntil);
      if (shownAt > 0 && performance.now() - since > calm) return since;
      if (performance.now() > max)
        throw new Error(`The conversation was not interactive in ${max} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }, limits);
  await context.close();
  return readyAt;
}
