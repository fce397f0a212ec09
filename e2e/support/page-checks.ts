import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** The minified axe: each page that is checked parses it, in half of the time of the other one. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * Waits for a row of the sidebar with this tooltip, which shows the last message of its conversation. A row prepares it
 * when the mouse enters it; a real mouse would make the user active.
 */
export async function rowTitled(page: Page, title: RegExp): Promise<Locator> {
  const row = page.getByTitle(title);
  await expect
    .poll(async () => {
      for (const link of await page.locator('[data-row] > a').all()) {
        await link.dispatchEvent('pointerover', { pointerType: 'mouse' });
      }
      return await row.count();
    })
    .toBe(1);
  return row;
}

/**
 * Returns the page’s notifications as the browser shows them, without direction marks. Takes the
 * lock of the web client (lib/notification-lock.ts): listing them while one is being shown would lose
 * it.
 */
export function notified(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    navigator.locks.request('parley-notifications', async () => {
      const worker = await navigator.serviceWorker.getRegistration();
      const shown = (await worker?.getNotifications()) ?? [];
      return shown.map((note) => `${note.title}: ${note.body}`.replace(/[\u2068\u2069]/g, ''));
    }),
  );
}

/** Returns how far the page can scroll horizontally, px. */
export function sideways(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}

/** Returns the serious and critical violations that axe finds, `without` the rules of these ids. */
export async function barriers(
  page: Page,
  { without = [] }: { readonly without?: readonly string[] } = {},
): Promise<string[]> {
  // Evaluated through DevTools, to which the page’s content security policy does not apply.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const rules = Object.fromEntries(without.map((id) => [id, { enabled: false }]));
  const { violations } = await page.evaluate(async (changed) => {
    // The contrast of a color in the middle of a transition does not matter.
    const still = new CSSStyleSheet();
    still.replaceSync(
      '*, ::before, ::after { animation: none !important; transition: none !important; }',
    );
    document.adoptedStyleSheets.push(still);
    try {
      const { axe: injected } = window as unknown as { axe: typeof axe };
      return await injected.run(document, { resultTypes: ['violations'], rules: changed });
    } finally {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== still);
    }
  }, rules);
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

/** What a browser has for each thing that a close request closes, such as the back button of Android. */
type CloseWatchers = typeof globalThis & {
  CloseWatcher: new () => { requestClose(): void };
  watchers: { requestClose(): void }[];
};

/** Runs in a page: keeps the close watchers that it constructs, for {@link requestClose}. */
export function keepCloseWatchers(): void {
  const page = globalThis as CloseWatchers;
  page.watchers = [];
  page.CloseWatcher = class extends page.CloseWatcher {
    constructor() {
      super();
      page.watchers.push(this);
    }
  };
}

/** Runs in a page: does what the back button of Android does. */
export const requestClose = (): void =>
  (globalThis as CloseWatchers).watchers.at(-1)?.requestClose();
