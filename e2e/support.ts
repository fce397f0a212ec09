import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Me, User } from '@parley/protocol';
import axe from 'axe-core';
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Locator,
  type Page,
  type Response,
} from 'playwright-core';
import { afterAll, afterEach, expect } from 'vitest';
import { EVERYONE } from '../packages/server/src/conversations/everyone.ts';
import { makeTempDir } from '../packages/server/test/support/temp-dir.ts';
import { findChromium, findHeadlessShell } from '../scripts/chromium.mjs';

/** The browser for these tests; undefined where there is none, which skips them. */
export const CHROMIUM = findChromium();

/** The browser for tests without notifications. */
const SHELL = CHROMIUM === undefined ? undefined : findHeadlessShell(CHROMIUM);

/**
 * What a visitor opens first: of the server, so that requests and stored data belong to it, but without the web
 * client, which takes half a second of a core to start and which tests open elsewhere next.
 */
const LIGHT_PAGE = '/icon.svg';

/** The password of every user in these tests. */
export const PASSWORD = 'correct horse battery staple';

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

/** The built server, as users start it, on its own data. */
export interface BuiltServer {
  readonly url: string;
  stop(): Promise<void>;
}

const CLI = fileURLToPath(new URL('../packages/server/dist/cli.js', import.meta.url));

/** Starts the built server with additional settings, and reads its address from its output. */
export function startBuiltServer(settings: NodeJS.ProcessEnv = {}): Promise<BuiltServer> {
  const dataDir = makeTempDir('e2e');
  const child = spawn(process.execPath, [CLI, 'start'], {
    env: {
      ...process.env,
      PORT: '0',
      PARLEY_DATA: dataDir,
      RATE_LIMITS: 'off',
      LINK_PREVIEWS: 'off',
      LOG_LEVEL: 'error',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      const url = /ready at (\S+)/.exec(text)?.[1];
      if (url === undefined) return;
      const stop = async () => {
        child.kill('SIGTERM');
        await exited;
        rmSync(dataDir, { recursive: true, force: true });
      };
      resolve({ url, stop });
    });
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${text}`)));
  });
}

/**
 * Replaces the list of Playwright (Chromium uses the last one); all but the first ones, with their
 * reasons, are copied from it.
 */
const DISABLED = [
  // Otherwise each window would start a renderer for the popup of its address bar, which no test
  // opens.
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AimEnabled',
  // Otherwise each context would start a renderer in advance, which a test with one page does not use.
  'SpareRendererForSitePerProcess',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
];

/**
 * Starts the browser without its own network services: the headless shell of Chromium if it is installed, unless the
 * tests need `notifications`, which it cannot show.
 */
export function startBrowser({ notifications = false } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: (notifications ? CHROMIUM : (SHELL ?? CHROMIUM)) ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${DISABLED.join(',')}`,
    ],
  });
}

/** A user with their own browser context. */
export class Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Script errors and content security policy violations of the page. */
  readonly complaints: string[] = [];
  /** Whether the account that logged in last is new, once the answers are read. */
  #isNew = false;
  readonly #answers: Promise<void>[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on('response', (response) => {
      if (response.url().includes('/api/v1/auth/')) this.#answers.push(this.#read(response));
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted/i.test(message.text()))
        this.complaints.push(message.text());
    });
  }

  static async arrive(
    browser: Browser,
    url: string,
    options: {
      width?: number;
      height?: number;
      dark?: boolean;
      touch?: boolean;
      /**
       * Whether the browser has service workers. Installing one stores all files of the web client, which takes a third
       * of the time of a first visit; some browsers have none in private windows.
       */
      worker?: boolean;
      /** Whether notifications may be shown, which takes a browser of its own (see {@link startBrowser}). */
      notifications?: boolean;
    } = {},
  ): Promise<Visitor> {
    const { width = 1440, height = 900, dark = false, touch = false } = options;
    const { worker = false, notifications = false } = options;
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      // A click waits until its target has stopped moving.
      reducedMotion: 'reduce',
      baseURL: url,
      serviceWorkers: worker ? 'allow' : 'block',
      ...(notifications && { permissions: ['notifications'] }),
      ...(touch && { hasTouch: true, isMobile: true }),
    });
    const visitor = new Visitor(context, await context.newPage());
    await reportViolations(context, visitor.complaints);
    await visitor.page.goto(LIGHT_PAGE);
    return visitor;
  }

  /** Opens the first page of the web client. */
  async openFirstPage(): Promise<void> {
    await this.page.goto('/');
  }

  /**
   * Registers over the API, without the tour, and opens the conversations. The pages of a registration take four times
   * as long: {@link registerByForm} is for tests that are about them.
   */
  async register(username: string, displayName: string): Promise<void> {
    await this.page.evaluate(registerHere, { username, displayName, password: PASSWORD });
    await Promise.all(this.#answers.splice(0));
    this.#isNew = false;
    await this.page.goto('/');
    await this.inside();
  }

  /** Registers through the pages, as a user would. */
  async registerByForm(username: string, displayName: string): Promise<void> {
    if (this.page.url().endsWith(LIGHT_PAGE)) await this.openFirstPage();
    await this.page.getByRole('link', { name: 'Create an account' }).click();
    await this.fillRegistration(username, displayName);
    await this.inside();
  }

  /** Fills in and submits the registration form. */
  async fillRegistration(username: string, displayName: string): Promise<void> {
    const { page } = this;
    if (!page.url().includes('/register')) await page.goto('/register');
    await page.getByLabel('Your name').fill(displayName);
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Email').fill(`${username}@example.org`);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
  }

  /** Waits until the conversations are shown. Skips the introduction for new users. */
  async inside(): Promise<void> {
    const sidebar = this.page.locator('nav[aria-label="Conversations and people"]');
    await sidebar.waitFor({ state: 'attached' });
    await Promise.all(this.#answers.splice(0));
    if (this.#isNew) await this.skipIntroduction();
    this.#isNew = false;
    await sidebar.waitFor();
  }

  /** Leaves the setup guide and the tour that new users get, for the list of conversations. */
  async skipIntroduction(): Promise<void> {
    const { page } = this;
    const later = page.getByRole('button', { name: 'Finish later' });
    const skip = page.getByRole('button', { name: 'Skip tour' });
    await later.or(skip).waitFor();
    const hasGuide = await later.isVisible();
    if (hasGuide) await later.click();
    await this.skipTour();
    // Back to the page after the login, without loading a page again.
    await page.evaluate((steps) => history.go(-steps), hasGuide ? 2 : 1);
    await page.waitForURL((url) => url.pathname === '/');
  }

  /** Skips the tour; resolves when the server has stored that it is over. */
  async skipTour(): Promise<void> {
    const stored = this.page.waitForResponse(
      (response) => response.url().endsWith('/me') && response.request().method() === 'PATCH',
    );
    await this.page.getByRole('button', { name: 'Skip tour' }).click();
    await stored;
  }

  /** Reads the account of the session that an answer starts, if any. */
  async #read(response: Response): Promise<void> {
    const body: unknown = await response.json().catch(() => null);
    if (typeof body !== 'object' || body === null || !('me' in body)) return;
    this.#isNew = (body.me as Me).isTourEnded === false;
  }

  /** Logs out through the menu. */
  async logout(): Promise<void> {
    await this.page.getByRole('button', { name: 'Account menu' }).click();
    await this.page.getByRole('menuitem', { name: 'Log out' }).click();
    await this.page.getByLabel('Username or email').waitFor();
  }

  /** Logs in through the pages. */
  async login(login: string, password: string): Promise<void> {
    const { page } = this;
    await page.goto('/login');
    await page.getByLabel('Username or email').fill(login);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await this.inside();
  }

  /**
   * Creates a public group over the API with further members, by their names, and opens it. Returns its id. The form
   * takes three times as long: {@link createGroupByForm} is for tests that are about it.
   */
  async createGroup(name: string, members: readonly string[] = []): Promise<string> {
    const api = await apiOf(this.page);
    const ids: string[] = [];
    for (const member of members) {
      const { items } = await api('GET', `/users?search=${encodeURIComponent(member)}`);
      const found = (items as User[]).find((user) => user.displayName === member);
      if (!found) throw new Error(`There is no user ${member}`);
      ids.push(found.id);
    }
    await api('POST', '/conversations', { name, visibility: 'public', members: ids });
    await this.open(name);
    return this.conversation();
  }

  /** Creates a group with further members through the form, which opens it. Returns its id. */
  async createGroupByForm(name: string, members: readonly string[] = []): Promise<string> {
    const { page } = this;
    await page.getByRole('button', { name: 'Create a group' }).click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    for (const member of members) {
      await page.getByRole('dialog').getByRole('button', { name: member }).click();
    }
    await page.getByRole('button', { name: 'Create group' }).click();
    await page.getByRole('heading', { level: 1, name }).waitFor();
    return this.conversation();
  }

  /** Returns the name of the focused element, or that it is the page as a whole. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return 'nothing';
      return (
        element.getAttribute('aria-label') || element.id || element.textContent || element.tagName
      );
    });
  }

  /** Returns the id of the open conversation. */
  conversation(): string {
    return new URL(this.page.url()).pathname.split('/').pop() ?? '';
  }

  /** Opens a conversation from the sidebar. */
  async open(name: string): Promise<void> {
    const sidebar = this.page.getByRole('navigation', { name: 'Conversations and people' });
    await sidebar.getByRole('link', { name: new RegExp(name) }).click();
    await this.page.getByRole('heading', { level: 1, name }).waitFor();
  }

  /** Writes a message and sends it with Enter, or with the button where there is no keyboard. */
  async write(text: string): Promise<void> {
    const field = this.page.getByRole('textbox', { name: /^Message / });
    await field.fill(text);
    const isTouch = await this.page.evaluate(() => matchMedia('(pointer: coarse)').matches);
    if (isTouch) await this.page.getByRole('button', { name: 'Send message' }).tap();
    else await field.press('Enter');
  }

  /** Chooses an action in the menu of a message. */
  async choose(message: Locator, action: string): Promise<void> {
    await message.hover();
    await message.getByRole('button', { name: 'More actions' }).click();
    await this.page.getByRole('menuitem', { name: action, exact: true }).click();
  }

  /** Returns the message with this text. */
  message(text: string) {
    return this.page.getByRole('article').filter({ hasText: text });
  }

  /** Waits until the message with this text is visible. */
  async sees(text: string): Promise<void> {
    await this.message(text).first().waitFor();
  }

  /** Returns whether the message with this text is visible now. */
  async inSight(text: string): Promise<boolean> {
    const message = this.message(text).first();
    const nothing = () => null;
    let box = await message.boundingBox({ timeout: 1_000 }).catch(nothing);
    // On a busy machine, that a message is there takes longer to find out.
    if (!box && (await message.count()) > 0) {
      box = await message.boundingBox({ timeout: 10_000 }).catch(nothing);
    }
    const log = await this.page.getByRole('log').boundingBox();
    return box !== null && log !== null && box.y < log.y + log.height && box.y + box.height > log.y;
  }

  /** Long-presses the message with this text until its menu opens. */
  async press(text: string): Promise<void> {
    const message = this.message(text).first();
    // Visible, not moving, and not covered.
    await message.tap({ trial: true });
    const box = await message.boundingBox();
    if (!box) throw new Error(`${text} is not shown`);
    const touch = await this.context.newCDPSession(this.page);
    const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
    await this.page.getByRole('dialog').waitFor();
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await touch.detach();
  }

  /** Swipes the message with this text in the direction of reading. */
  async swipe(text: string): Promise<void> {
    const message = this.message(text).first();
    await message.tap({ trial: true });
    const box = await message.boundingBox();
    if (!box) throw new Error(`${text} is not shown`);
    const touch = await this.context.newCDPSession(this.page);
    const y = box.y + box.height / 2;
    // The finger rests before it lifts: after a fling, Chromium does not treat the next tap as a
    // click.
    const began = Date.now() / 1_000;
    const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number, after: number) =>
      touch.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: type === 'touchEnd' ? [] : [{ x, y }],
        timestamp: began + after,
      });
    await send('touchStart', 80, 0);
    for (let x = 90; x <= 200; x += 10) await send('touchMove', x, (x - 80) / 500);
    await send('touchEnd', 200, 1);
    await touch.detach();
  }
}

/** Runs in a page: registers an account that has had its tour, and logs this browser in. */
async function registerHere(user: {
  username: string;
  displayName: string;
  password: string;
}): Promise<void> {
  const send = async (method: string, path: string, body: object, token?: string) => {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  };
  const email = `${user.username}@example.org`;
  const { me, accessToken } = await send('POST', '/auth/register', { ...user, email });
  await send('PATCH', '/me', { isTourEnded: true }, accessToken);
  // What the web client records of a login (login-record.ts).
  localStorage.setItem(`parley.login.${Date.now()}.0`, me.id);
}

/** Collects the violations of the content security policy on all pages of a browser context. */
export async function reportViolations(context: BrowserContext, into: string[]): Promise<void> {
  await context.exposeBinding('reportViolation', (_source, violation: string) => {
    into.push(violation);
  });
  await context.addInitScript(() => {
    const { reportViolation } = window as unknown as { reportViolation(text: string): void };
    document.addEventListener('securitypolicyviolation', (event) => {
      const { effectiveDirective, blockedURI, sourceFile, lineNumber, sample } = event;
      reportViolation(
        `${effectiveDirective}: ${blockedURI} in ${sourceFile}:${lineNumber} ${sample}`,
      );
    });
  });
}

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

  /** Opens the server in a browser context of its own. */
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

/**
 * Posts `entry 1 of COUNT` and so on with the session of the page: some concurrently, so that
 * neighbors may be swapped, except for the first and the last one.
 */
export async function postMany(page: Page, conversation: string, count: number): Promise<void> {
  const bodies = Array.from({ length: count }, (_, i) => `entry ${i + 1} of ${count}`);
  const groups = [bodies.slice(0, 1)];
  for (let n = 1; n < count - 1; n += 6) groups.push(bodies.slice(n, Math.min(n + 6, count - 1)));
  groups.push(bodies.slice(Math.max(1, count - 1)));
  await postGroups(page, conversation, groups);
}

/** Posts messages in sequence with the session of the page; in a thread, if its root is given. */
export async function postBodies(
  page: Page,
  conversation: string,
  bodies: readonly string[],
  thread?: number,
): Promise<void> {
  await postGroups(
    page,
    conversation,
    bodies.map((body) => [body]),
    thread,
  );
}

/** Sends a request to the API, and returns its answer. */
export type Api = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<Record<string, unknown>>;

/**
 * Returns a function that sends requests with or without an access token; `url` is that of the
 * server.
 */
export function apiWith(url: string, token?: string): Api {
  return async (method, path, body) => {
    const answer = await fetch(new URL(`/api/v1${path}`, url), {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  };
}

/** A user who posts in the default group, and has no browser. */
export interface Writer {
  write(text: string): Promise<void>;
}

/** Registers a {@link Writer}: for tests that look only at what others see of their messages. */
export async function aWriter(url: string, username: string, displayName: string): Promise<Writer> {
  const email = `${username}@example.org`;
  const user = { username, displayName, email, password: PASSWORD };
  const { accessToken } = await apiWith(url)('POST', '/auth/register', user);
  const api = apiWith(url, String(accessToken));
  return {
    write: async (body) => {
      await api('POST', `/conversations/${EVERYONE}/messages`, { body });
    },
  };
}

/** Returns a function that sends requests with the session of the page. */
export const apiOf = async (page: Page): Promise<Api> => apiWith(page.url(), await tokenOf(page));

/** Uploads a file with the tus protocol. Returns its id. */
export async function upload(
  url: string,
  token: string,
  file: { readonly name: string; readonly text: string },
): Promise<string> {
  const send = async (method: string, path: string, headers: object, body: string | null) => {
    const answer = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0', ...headers },
      body,
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const created = await send(
    'POST',
    '/api/v1/uploads',
    {
      'upload-length': String(Buffer.byteLength(file.text)),
      'upload-metadata': `filename ${Buffer.from(file.name).toString('base64')}`,
    },
    null,
  );
  const path = created.headers.get('location') ?? '';
  const type = 'application/offset+octet-stream';
  await send('PATCH', path, { 'upload-offset': '0', 'content-type': type }, file.text);
  return path.split('/').pop() ?? '';
}

const tokenOf = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const answer = await fetch('/api/v1/auth/token', { method: 'POST' });
    return ((await answer.json()) as { accessToken: string }).accessToken;
  });

/**
 * Posts groups of messages in sequence, and those of a group concurrently. The requests are not
 * sent by the page, which is busy showing what arrives.
 */
async function postGroups(
  page: Page,
  conversation: string,
  groups: readonly (readonly string[])[],
  thread?: number,
): Promise<void> {
  const token = await tokenOf(page);
  const post = async (body: string) => {
    const url = new URL(`/api/v1/conversations/${conversation}/messages`, page.url());
    const posted = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ body, thread }),
    });
    if (!posted.ok) throw new Error(`${posted.status} ${await posted.text()}`);
    await posted.body?.cancel();
  };
  for (const group of groups) await Promise.all(group.map(post));
}

/**
 * Posts messages of many lengths at a steady rate through the API of the page’s own session. Returns
 * how many were stored.
 */
export function postSteadily(
  page: Page,
  conversation: string,
  perSecond: number,
  seconds: number,
): Promise<number> {
  return page.evaluate(
    async ([id, rate, time]) => {
      const answer = await fetch('/api/v1/auth/token', { method: 'POST' });
      const { accessToken } = (await answer.json()) as { accessToken: string };
      const post = async (n: number) => {
        const length = n % 11 === 0 ? 300 : n % 3 === 0 ? 20 : 3;
        const posted = await fetch(`/api/v1/conversations/${id}/messages`, {
          method: 'POST',
          headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
          body: JSON.stringify({ body: `steady ${n} ${'word '.repeat(length)}` }),
        });
        if (!posted.ok) throw new Error(String(posted.status));
      };
      let n = 0;
      const started = performance.now();
      const answers: Promise<void>[] = [];
      while (performance.now() - started < time * 1_000) {
        answers.push(post(n++));
        // No more concurrent requests than a browser sends.
        if (answers.length >= 6) await answers.shift();
        const next = started + (n * 1_000) / rate;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
      }
      await Promise.all(answers);
      return n;
    },
    [conversation, perSecond, seconds] as const,
  );
}

/**
 * Returns the page’s notifications as the browser shows them, without direction marks. Takes the
 * lock of the web client (notifications/lock.ts): listing them while one is being shown would lose
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
  await page.evaluate(axe.source);
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
