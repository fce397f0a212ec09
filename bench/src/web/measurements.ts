import type { Browser } from 'playwright-core';
import { type BarName, quantile } from './bars.ts';
import type { Contents } from './fill.ts';
import { sizeOf, timeToInteractive } from './loading.ts';
import { logIn, type OpenPage, openConversation, openPage, whenIdle } from './page.ts';
import { imageShift, scroll } from './scrolling.ts';
import { switchTimes } from './switching.ts';
import { Traffic } from './traffic.ts';
import { keyTimes, ownMessageFrames } from './typing.ts';

/** What a measurement is given. */
export interface Setting {
  readonly browser: Browser;
  readonly url: string;
  readonly contents: Contents;
}

/** Measures one or several bars. */
type Measurement = (setting: Setting) => Promise<Partial<Record<BarName, number>>>;

const SWITCHES = 40;
const KEYS = 60;
const OWN_MESSAGES = 20;
/** Loads of a page; the median is taken. */
const LOADS = 3;
const PER_SECOND = 500;
/** Groups that messages arrive in, among them the open one. */
const BUSY_GROUPS = 40;
const ARRIVED = 20_000;
/** So many messages take 40 s; a busy machine may take longer, ms. */
const ARRIVED_MS = 120_000;

/** The measurements by name. */
export const MEASUREMENTS: Readonly<Record<string, Measurement>> = {
  size: async ({ browser, url, contents }) => {
    const state = await logIn(browser, url, contents.many);
    const path = `/c/${first(contents)}`;
    return {
      landing: await sizeOf(browser, url, '/welcome'),
      login: await sizeOf(browser, url, '/login'),
      firstView: await sizeOf(browser, url, path, state),
    };
  },

  interactive: async ({ browser, url, contents }) => {
    const median = async (login: Contents['many']) => {
      const times: number[] = [];
      for (let n = 0; n < LOADS; n++) {
        // A login each: a page replaces the session token, so a second one with the same cookies would be logged out.
        const state = await logIn(browser, url, login);
        times.push(await timeToInteractive(browser, url, first(contents), state));
      }
      return quantile(times, 0.5);
    };
    return {
      interactive: await median(contents.few),
      interactiveMany: await median(contents.many),
    };
  },

  switch: inPage(async ({ page }, { contents }) => {
    await openConversation(page, first(contents));
    await whenIdle(page);
    const times = await switchTimes(page, contents.visited, SWITCHES);
    return { switchMedian: quantile(times, 0.5), switchP95: quantile(times, 0.95) };
  }),

  own: inPage(async ({ page }, { contents }) => {
    await openConversation(page, first(contents));
    await whenIdle(page);
    return { ownMessage: quantile(await ownMessageFrames(page, OWN_MESSAGES), 0.95) };
  }),

  scroll: inPage(async (open, { contents }) => {
    const { frames, nodes } = await scroll(open, contents.long);
    return { scrollFrames: quantile(frames, 0.95), scrollNodes: nodes };
  }),

  images: inPage(async (open, { contents }) => ({
    imageShift: await imageShift(open, contents.long),
  })),

  switcher: inPage(async ({ page }, { contents }) => {
    await openConversation(page, first(contents));
    await whenIdle(page);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    return { switcherKey: quantile(await keyTimes(page, KEYS / 2), 0.95) };
  }),

  arriving: inPage(async ({ page, devtools }, { url, contents }) => {
    await openConversation(page, first(contents));
    await whenIdle(page);
    await page.getByRole('textbox', { name: /^Message / }).focus();
    const calm = await keyTimes(page, KEYS);
    const groups = contents.groups.slice(0, BUSY_GROUPS);
    const traffic = await Traffic.connect(url, contents.sender, groups);
    traffic.start(PER_SECOND);
    await traffic.until(2 * PER_SECOND, ARRIVED_MS);
    const busy = await keyTimes(page, KEYS);
    await traffic.until(ARRIVED, ARRIVED_MS);
    const count = traffic.posted;
    const perSecond = await traffic.stop();
    await whenIdle(page);
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    console.log(
      `${count} messages arrived, ${perSecond.toFixed(0)} a second; a key press took ` +
        `${quantile(calm, 0.95).toFixed(0)} ms before (p95), ${quantile(busy, 0.95).toFixed(0)} ms meanwhile`,
    );
    return {
      keyDelay: quantile(busy, 0.95) - quantile(calm, 0.5),
      heap: usedSize / 1024 / 1024,
    };
  }),
};

const first = ({ visited }: Contents) => {
  const [one] = visited;
  if (!one) throw new Error('No conversation was made');
  return one.id;
};

/** Runs a measurement in a page in which the account in many conversations is logged in. */
function inPage(
  run: (open: OpenPage, setting: Setting) => Promise<Partial<Record<BarName, number>>>,
): Measurement {
  return async (setting) => {
    const { browser, url, contents } = setting;
    const open = await openPage(browser, url, await logIn(browser, url, contents.many));
    try {
      return await run(open, setting);
    } finally {
      await open.context.close();
    }
  };
}
