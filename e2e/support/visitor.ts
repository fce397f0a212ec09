import type { Me, User } from '@parley/protocol';
import type { Browser, BrowserContext, Locator, Page, Response } from 'playwright-core';
import { apiOf } from './api.ts';
import { PASSWORD } from './password.ts';

/**
 * What a visitor opens first: of the server, so that requests and stored data belong to it, but without the web
 * client, which takes half a second of a core to start and which tests open elsewhere next.
 */
const LIGHT_PAGE = '/icon.svg';

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
      /** Whether notifications may be shown, which takes its own browser (see {@link startBrowser}). */
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
   * Goes to another page of the web client as its links do. Loading the client again, as `goto` does, takes half a
   * second of a core.
   */
  async visit(path: string): Promise<void> {
    await this.page.evaluate((to) => history.pushState(null, '', to), path);
  }

  /**
   * Registers over the API, without the tour, and opens the conversations. The pages of a registration take four times
   * as long: {@link registerByForm} is for tests that are about them.
   */
  async register(username: string, displayName: string): Promise<void> {
    await this.registerOnly(username, displayName);
    await this.page.goto('/');
    await this.inside();
  }

  /** Registers without opening the web client: for users who only send requests with the session of the page. */
  async registerOnly(username: string, displayName: string): Promise<void> {
    await this.page.evaluate(registerHere, { username, displayName, password: PASSWORD });
    await Promise.all(this.#answers.splice(0));
    this.#isNew = false;
  }

  /**
   * Closes the web client, and keeps the session. A page at which the test does not look any more takes as much
   * processor time to show many messages as the one that is tested.
   */
  async closeClient(): Promise<void> {
    await this.page.goto(LIGHT_PAGE);
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
