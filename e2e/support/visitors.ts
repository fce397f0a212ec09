import type { Browser } from 'playwright-core';
import { afterAll, afterEach, expect } from 'vitest';
import { SHELL, startBrowser } from './browser.ts';
import { Visitor } from './visitor.ts';

/** The options of a visitor’s browser window. */
type VisitorOptions = Parameters<typeof Visitor.arrive>[2];

/**
 * The visitors of a test file. Starts the browser with the first of them; after each test, closes the
 * visitors and fails if one of their pages reported errors. Construct it in `describe`.
 */
export class Visitors {
  readonly #url: () => string;
  readonly #defaults: VisitorOptions;
  readonly #present = new Set<Visitor>();
  #browser: Promise<Browser> | undefined;
  /** The browser of visitors with notifications. */
  #notifier: Promise<Browser> | undefined;

  /** `url` is called when a visitor arrives; `defaults` are the options of each visitor. */
  constructor(url: () => string, defaults: VisitorOptions = {}) {
    this.#url = url;
    this.#defaults = defaults;
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await this.#describePages();
      const complaints = [...this.#present].flatMap((visitor) => visitor.complaints);
      await this.leave();
      expect(complaints).toEqual([]);
    });
    afterAll(async () => {
      await (await this.#browser)?.close();
      await (await this.#notifier)?.close();
    });
  }

  /** Prints what each page shows, to explain a test that failed on another machine. */
  async #describePages(): Promise<void> {
    for (const page of [...this.#present].flatMap((visitor) => visitor.context.pages())) {
      const shown = await page
        .locator('body')
        .innerText({ timeout: 5_000 })
        .catch((error: unknown) => String(error));
      console.log(`The page ${page.url()} shows:\n${shown.slice(0, 2_000)}\n`);
    }
  }

  /** Opens the server in its own browser context. */
  async arrive(options?: VisitorOptions, url = this.#url()): Promise<Visitor> {
    const all = { ...this.#defaults, ...options };
    const browser = all.notifications ? this.#withNotifications() : this.#without();
    const visitor = await Visitor.arrive(await browser, url, all);
    this.#present.add(visitor);
    return visitor;
  }

  #without(): Promise<Browser> {
    this.#browser ??= startBrowser();
    return this.#browser;
  }

  #withNotifications(): Promise<Browser> {
    // Without a headless shell, one browser does both.
    if (SHELL === undefined) return this.#without();
    this.#notifier ??= startBrowser({ notifications: true });
    return this.#notifier;
  }

  /** Closes these visitors; all of them by default. */
  async leave(...leaving: Visitor[]): Promise<void> {
    for (const visitor of leaving.length > 0 ? leaving : [...this.#present]) {
      this.#present.delete(visitor);
      await visitor.context.close();
    }
  }
}
