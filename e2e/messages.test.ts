import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BuiltServer,
  barriers,
  CHROMIUM,
  keepCloseWatchers,
  postBodies,
  postMany,
  postSteadily,
  requestClose,
  rowTitled,
  sideways,
  startBuiltServer,
  Visitors,
} from './support.ts';

/** Duration of the fast messages; SOAK_SECONDS=300 for a long run. */
const SOAK_SECONDS = Number(process.env.SOAK_SECONDS ?? 12);

/** A WAV file of silence: 8,000 samples of 8 bits a second. */
function silence(seconds: number): Buffer {
  const data = Buffer.alloc(8_000 * seconds, 128);
  const header = Buffer.from('RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0', 'latin1');
  const format = Buffer.alloc(12);
  format.writeUInt32LE(8_000, 0);
  format.writeUInt32LE(8_000, 4);
  format.writeUInt16LE(1, 8);
  format.writeUInt16LE(8, 10);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  header.writeUInt32LE(36 + data.length, 4);
  return Buffer.concat([header, format, Buffer.from('data'), length, data]);
}

/** Holds back the answers to requests of the page; `requested` resolves with the first one. */
async function holdBack(page: Page, url: RegExp) {
  let onRequest: () => void;
  let onRelease: () => void;
  const requested = new Promise<void>((resolve) => {
    onRequest = resolve;
  });
  const released = new Promise<void>((resolve) => {
    onRelease = resolve;
  });
  await page.route(url, async (route) => {
    onRequest();
    await released;
    await route.continue();
  });
  return { requested, release: () => onRelease() };
}

/** Zooms an image that is shown with the mouse and two fingers, and swipes to the previous image. */
async function zoomByPointer(page: Page, image: Locator, scale: () => Promise<number>) {
  await image.dblclick();
  await expect.poll(scale).toBe(1);
  const box = await image.boundingBox();
  if (!box) throw new Error('The image is not shown');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const left = async () => (await image.boundingBox())?.x ?? 0;

  await page.mouse.move(x, y);
  await page.mouse.wheel(0, -300);
  await expect.poll(scale).toBeGreaterThan(1.5);
  const before = await left();
  await page.mouse.down();
  await page.mouse.move(x - 40, y);
  await page.mouse.up();
  await expect.poll(left).toBeCloseTo(before - 40);
  await image.dblclick();
  await expect.poll(scale).toBe(1);

  const touch = await page.context().newCDPSession(page);
  const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...offsets: number[]) =>
    touch.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: offsets.map((offset, id) => ({ x: x + offset, y, id })),
    });
  await send('touchStart', -50, 50);
  await send('touchMove', -100, 100);
  await expect.poll(scale).toBeGreaterThan(1.5);
  await send('touchEnd');
  await image.dblclick();
  await expect.poll(scale).toBe(1);

  await send('touchStart', 0);
  for (const offset of [30, 60, 90]) await send('touchMove', offset);
  await send('touchEnd');
  await touch.detach();
}

describe.skipIf(CHROMIUM === undefined)('messages', () => {
  let server: BuiltServer;
  const visitors = new Visitors(() => server.url);

  beforeAll(async () => {
    server = await startBuiltServer();
  });
  afterAll(async () => {
    await server?.stop();
  });

  test('that are designed to block the page do not block it, and long ones are collapsed', async () => {
    const zoe = await visitors.arrive();
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
    // 30 messages of 15,000 marks once took 38 s. A task of this length is not noticeable.
    expect(await blocked()).toBeLessThan(1_500);

    const description = Array.from({ length: 800 }, (_, n) => `word${n}`).join(' ');
    await zoe.write(description);
    const long = zoe.message('word0 word1');
    await long.getByRole('button', { name: 'Show more' }).waitFor();
    expect(await long.innerText()).not.toContain('word799');
    await long.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => long.innerText()).toContain('word799');
    await long.getByRole('button', { name: 'Show less' }).click();
    await expect.poll(() => long.innerText()).not.toContain('word799');

    // Code has colors, which a worker computes.
    await zoe.write('```ts\nconst answer = 42;\n```');
    const code = zoe.page.getByRole('figure', { name: 'Code in ts' });
    await code.locator('.text-code-keyword', { hasText: 'const' }).waitFor();
    expect(await code.locator('code').innerText()).toBe('const answer = 42;');
  });

  test('a gap keeps the first unread message on screen and marks nothing unseen as read', {
    timeout: 240_000,
  }, async () => {
    const kim = await visitors.arrive();
    await kim.register('kim', 'Kim Reader');
    const lou = await visitors.arrive();
    await lou.register('lou', 'Lou Writer');
    const id = await kim.createGroup('Gap', ['Lou Writer']);
    await kim.write('Before the gap');
    await lou.open('Gap');
    await lou.sees('Before the gap');
    await lou.write('The last one that was read');
    await kim.sees('The last one that was read');
    await lou.page.getByRole('img', { name: /Seen by Kim Reader/ }).waitFor();
    await lou.closeClient();

    await kim.context.setOffline(true);
    await kim.page
      .getByText(/^You’re offline/)
      .first()
      .waitFor();
    await postMany(lou.page, id, 750);
    // So slow that one frame shows the connection, what is unread and that all of it has arrived.
    await kim.page.evaluate(() => {
      window.requestAnimationFrame = (callback) =>
        window.setTimeout(() => callback(performance.now()), 2_000);
    });
    // Posting may take longer than it takes for Kim to count as away.
    await kim.page.mouse.move(600, 400);
    await kim.context.setOffline(false);
    const line = kim.page.getByText('New', { exact: true });
    await line.waitFor({ timeout: 60_000 });
    await expect.poll(() => kim.inSight('entry 1 of')).toBe(true);
    await kim.page.getByRole('button', { name: /99\+ new messages/ }).waitFor();
    // Kim’s read cursor on the server: one screen, not all.
    const readUpTo = () =>
      lou.page.evaluate(async (conversation) => {
        const answer = await fetch('/api/v1/auth/token', { method: 'POST' });
        const { accessToken } = (await answer.json()) as { accessToken: string };
        const members = await fetch(`/api/v1/conversations/${conversation}/members`, {
          headers: { authorization: `Bearer ${accessToken}` },
        });
        const { items } = (await members.json()) as {
          items: { displayName: string; readSeq: number }[];
        };
        return items.find((m) => m.displayName === 'Kim Reader')?.readSeq ?? 0;
      }, id);
    await kim.page.mouse.move(610, 410);
    await expect.poll(readUpTo, { timeout: 60_000 }).toBeGreaterThan(6);
    expect(await readUpTo()).toBeLessThan(60);
    expect(await kim.inSight('entry 750 of')).toBe(false);
    // The next message does not move the list either.
    await postBodies(lou.page, id, ['And one more']);
    await rowTitled(kim.page, /^Gap.*And one more/s);
    expect(await kim.inSight('entry 1 of')).toBe(true);

    await kim.page.getByRole('button', { name: /99\+ new messages/ }).click();
    await expect.poll(() => kim.inSight('And one more')).toBe(true);
    await kim.page.getByRole('link', { name: /Gap.*unread/s }).waitFor({ state: 'detached' });
  });

  test('messages are marked as read only while the user is looking', async () => {
    const max = await visitors.arrive();
    await max.register('max', 'Max Reader');
    const nia = await visitors.arrive();
    await nia.register('nia', 'Nia Writer');
    const id = await max.createGroup('Looking', ['Nia Writer']);
    await nia.open('Looking');
    await nia.write('Seen at once');
    await max.sees('Seen at once');
    await nia.page.getByRole('img', { name: /Seen by Max Reader/ }).waitFor();
    await nia.closeClient();

    // Another window is in front: more than a screen of messages arrives.
    await max.page.evaluate(() => {
      document.hasFocus = () => false;
      window.dispatchEvent(new Event('blur'));
    });
    await postMany(nia.page, id, 60);
    await max.page.getByRole('link', { name: /Looking.*60 unread/s }).waitFor();
    await max.page.getByText('New', { exact: true }).waitFor();
    expect(await max.inSight('entry 1 of')).toBe(true);
    expect(await max.inSight('entry 60 of')).toBe(false);

    await max.page.evaluate(() => {
      document.hasFocus = () => true;
      window.dispatchEvent(new Event('focus'));
    });
    const unread = max.page.getByRole('link', { name: /Looking.*unread/s });
    await max.page
      .getByRole('link', { name: /Looking.*60 unread/s })
      .waitFor({ state: 'detached' });
    expect(await unread.count()).toBe(1);
    expect(await max.inSight('entry 1 of')).toBe(true);
    await max.page.getByRole('button', { name: /new messages/ }).click();
    await unread.waitFor({ state: 'detached' });

    // The line is still above, but nothing is unread: without a connection, the list stays at its
    // end.
    await max.context.setOffline(true);
    await max.page
      .getByText(/^You’re offline/)
      .first()
      .waitFor();
    await max.write('Written without a connection');
    await max.sees('Written without a connection');
    await expect.poll(() => max.inSight('Written without a connection')).toBe(true);
    await max.context.setOffline(false);
    await max.page.getByRole('img', { name: /^(Sent|Seen by)/ }).waitFor();
    expect(await max.inSight('Written without a connection')).toBe(true);
  });

  test('nothing is marked as read for an inactive user, who can jump back to messages that scrolled by', async () => {
    const oda = await visitors.arrive();
    await oda.page.clock.install();
    await oda.register('oda', 'Oda Idle');
    const pia = await visitors.arrive();
    await pia.register('pia', 'Pia Writer');
    const id = await oda.createGroup('Idle', ['Pia Writer']);
    await pia.open('Idle');
    await pia.write('Read by Oda');
    await oda.sees('Read by Oda');
    await oda.page.mouse.move(600, 400);
    await pia.page.getByRole('img', { name: /Seen by Oda Idle/ }).waitFor();
    await pia.closeClient();

    await oda.page.clock.fastForward(61_000);
    // The connection appears to have been silent for that long, and is replaced: the list loads the
    // missed messages.
    await postBodies(pia.page, id, ['Received again']);
    await oda.sees('Received again');
    await postMany(pia.page, id, 60);
    await expect.poll(() => oda.inSight('entry 60 of')).toBe(true);
    await oda.page.getByRole('link', { name: /Idle.*61 unread/s }).waitFor();
    await oda.page.mouse.move(610, 410);
    await oda.page.getByRole('button', { name: '61 new messages' }).click();
    await expect.poll(() => oda.inSight('entry 1 of')).toBe(true);
    await oda.page.getByRole('link', { name: /Idle.*61 unread/s }).waitFor({ state: 'detached' });
  });

  test('sending a message while scrolled up scrolls to the end', async () => {
    const quin = await visitors.arrive();
    await quin.register('quin', 'Quin Up');
    const id = await quin.createGroup('Upwards');
    await postMany(quin.page, id, 80);
    await expect.poll(() => quin.inSight('entry 80 of')).toBe(true);
    await quin.page.getByRole('log').hover();
    await quin.page.mouse.wheel(0, -2_000);
    await quin.page.getByRole('button', { name: 'Jump to latest' }).waitFor();
    await postBodies(quin.page, id, ['Comes meanwhile']);
    await rowTitled(quin.page, /^Upwards.*Comes meanwhile/s);
    expect(await quin.inSight('Comes meanwhile')).toBe(false);
    // While it scrolls, too: a change is inherited, so that the styles of all messages would be computed again.
    const pointerEvents = await quin.page.getByRole('log').evaluate(async (log) => {
      log.scrollBy({ top: -50 });
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return log.firstElementChild && getComputedStyle(log.firstElementChild).pointerEvents;
    });
    expect(pointerEvents).toBe('auto');
    await quin.write('Sent from above');
    await expect.poll(() => quin.inSight('Sent from above')).toBe(true);
    await quin.page.getByRole('button', { name: 'Jump to latest' }).waitFor({ state: 'detached' });
    // A selection that is longer than what the list renders is copied completely.
    await quin.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await quin.page.evaluate(() => {
      const last = [...document.querySelectorAll('article')].at(-1);
      if (last) getSelection()?.setBaseAndExtent(last, last.childNodes.length, last, 0);
    });
    const list = quin.page.getByRole('log');
    while (!(await quin.inSight('entry 1 of'))) await list.evaluate((log) => log.scrollBy(0, -600));
    await quin.message('entry 1 of').evaluate((first) => getSelection()?.extend(first, 0));
    await expect.poll(() => quin.page.getByRole('article').count()).toBeGreaterThan(80);
    await quin.page.keyboard.press('Control+c');
    const copied = await quin.page.evaluate(() => navigator.clipboard.readText());
    for (let n = 1; n <= 80; n++) expect(copied).toContain(`entry ${n} of 80`);
    expect(copied).toContain('Sent from above');
  });

  test('the focus is never lost', async () => {
    const rae = await visitors.arrive();
    await rae.register('rae', 'Rae Keys');
    await rae.createGroupByForm('Focus');
    const composer = 'Message Focus';
    const expectFocus = (name: string) => expect.poll(() => rae.focused()).toBe(name);
    await expectFocus(composer);
    await rae.write('To be changed');
    await rae.page.getByRole('img', { name: 'Sent' }).waitFor();

    await rae.page.keyboard.press('ArrowUp');
    await expectFocus('Edit message');
    await rae.page.keyboard.press('Escape');
    await expectFocus(composer);
    await rae.page.keyboard.press('ArrowUp');
    await rae.page.getByRole('textbox', { name: 'Edit message' }).fill('Changed');
    await rae.page.keyboard.press('Enter');
    await expectFocus(composer);
    await rae.sees('Changed');

    for (const dialog of ['Details and members', 'Browse groups', 'Create a group']) {
      await rae.page.getByRole('button', { name: dialog }).click();
      await rae.page.getByRole('dialog').waitFor();
      await rae.page.keyboard.press('Escape');
      await rae.page.getByRole('dialog').waitFor({ state: 'detached' });
      await expectFocus(dialog);
    }
    await rae.page.getByRole('textbox', { name: composer }).focus();
    await rae.page.keyboard.press('Control+k');
    await rae.page.getByRole('combobox').waitFor();
    await rae.page.keyboard.press('Escape');
    await expectFocus(composer);

    // The formats and the messages are one tab stop each, with the arrow keys between them.
    await rae.page.keyboard.press('Shift+Tab');
    await expectFocus('Bold');
    await rae.page.keyboard.press('Shift+Tab');
    await expectFocus('Messages in Focus');
    await rae.page.keyboard.press('ArrowUp');
    await expect.poll(() => rae.focused()).toMatch(/^Rae Keys, .*: Changed$/);
    await rae.page.keyboard.press('Enter');
    await expectFocus('React with 👍');
    for (let n = 0; n < 3; n++) await rae.page.keyboard.press('ArrowRight');
    await expectFocus('Add reaction');
    await rae.page.keyboard.press('ArrowRight');
    await expectFocus('Reply');
    await rae.page.keyboard.press('Escape');
    // A thread returns the focus to the message whose key has opened it.
    await rae.page.keyboard.press('t');
    await expectFocus('Reply in this thread');
    await rae.page.keyboard.press('Escape');
    await expect.poll(() => rae.focused()).toMatch(/: Changed$/);
    await rae.page.keyboard.press('j');
    const date = rae.page.getByRole('dialog', { name: 'Jump to date' });
    await date.getByRole('button', { name: 'First message' }).press('Enter');
    await expect.poll(() => rae.focused()).toMatch(/: Changed$/);
    // A dialog starts at its first field and returns the focus, whether its code is loaded already or not.
    const find = rae.page.getByRole('searchbox', { name: 'Find a conversation' });
    for (let time = 0; time < 2; time++) {
      await rae.page.keyboard.press('Enter');
      await rae.page.keyboard.press('ArrowLeft');
      await expectFocus('More actions');
      await rae.page.keyboard.press('Enter');
      await rae.page.getByRole('menuitem', { name: 'Forward message' }).press('Enter');
      await expect.poll(() => find.evaluate((e) => e === document.activeElement)).toBe(true);
      await find.press('Enter');
      await expectFocus('Focus');
      await rae.page.keyboard.press('Escape');
      await expectFocus('More actions');
      await rae.page.keyboard.press('Escape');
    }
    await rae.page.keyboard.press('Delete');
    await expect.poll(() => rae.focused()).toMatch(/: Message deleted$/);
    await rae.page.keyboard.press('Enter');
    await expectFocus('Undo');
    await rae.page.keyboard.press('Enter');
    await expect.poll(() => rae.focused()).toMatch(/: Changed$/);
    await rae.page.keyboard.press('Escape');
    await expectFocus(composer);
    await rae.page.reload();
    await expectFocus(composer);
    // A letter that is pressed before the actions are loaded runs its action when they are.
    const blocked = await holdBack(rae.page, /\/assets\/menus-[^/]+\.js$/);
    await rae.page.reload();
    await rae.sees('Changed');
    await rae.page.getByRole('log').focus();
    await rae.page.keyboard.press('ArrowUp');
    await blocked.requested;
    await rae.page.keyboard.type('txyz');
    expect(await rae.focused()).toMatch(/: Changed$/);
    blocked.release();
    await expectFocus('Reply in this thread');
    expect(await rae.page.getByRole('textbox', { name: composer }).inputValue()).toBe('');
    await rae.page.keyboard.press('Escape');
    await expect.poll(() => rae.focused()).toMatch(/: Changed$/);
    await rae.page.keyboard.press('Escape');
    await expectFocus(composer);
    await rae.page.keyboard.press('Control+/');
    await rae.page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    expect(await barriers(rae.page)).toEqual([]);
    await rae.page.keyboard.press('Escape');
    for (const [keys, title] of [
      ['Control+Shift+K', 'New direct message'],
      ['Control+Shift+L', 'Browse groups'],
    ] as const) {
      await rae.page.keyboard.press(keys);
      await rae.page.getByRole('dialog', { name: title }).waitFor();
      await rae.page.keyboard.press('Escape');
      await expectFocus(composer);
    }
    const unreadOnly = rae.page.getByRole('button', { name: 'Show unread only' });
    for (const isOn of ['true', 'false']) {
      await rae.page.keyboard.press('Control+Shift+A');
      await expect.poll(() => unreadOnly.getAttribute('aria-pressed')).toBe(isOn);
    }
    await expectFocus(composer);

    await rae.message('Changed').hover();
    await rae.choose(rae.message('Changed'), 'Delete message');
    // It can be undone for five seconds.
    const deleted = rae.page.getByRole('article').filter({ hasText: 'Message deleted' });
    await expectFocus('Undo');
    await deleted.getByRole('button', { name: 'Undo' }).click();
    // Saving an empty text also deletes the message.
    await rae.message('Changed').hover();
    await rae.choose(rae.message('Changed'), 'Edit message');
    await rae.page.getByRole('textbox', { name: 'Edit message' }).fill('');
    await rae.page.keyboard.press('Enter');
    await deleted.waitFor();
    await rae.page.getByText('This message was deleted').waitFor();
    await expectFocus(composer);
  });

  test('the earlier texts of an edited message can be viewed until it is deleted', async () => {
    const eda = await visitors.arrive();
    await eda.register('eda', 'Eda Edits');
    const viv = await visitors.arrive();
    await viv.register('viv', 'Viv Reads');
    await eda.createGroup('Versions', ['Viv Reads']);
    await eda.write('The first text');
    await viv.open('Versions');
    await viv.sees('The first text');
    const edit = async (text: string) => {
      const field = eda.page.getByRole('textbox', { name: 'Message Versions' });
      await field.focus();
      await eda.page.keyboard.press('ArrowUp');
      await eda.page.getByRole('textbox', { name: 'Edit message' }).fill(text);
      await eda.page.keyboard.press('Enter');
    };
    await eda.page
      .getByRole('img', { name: 'Sent' })
      .or(eda.page.getByRole('img', { name: /^Seen/ }))
      .waitFor();
    await edit('The second text');
    await viv.sees('The second text');

    await viv.message('The second text').getByRole('button', { name: '(edited)' }).click();
    const history = viv.page.getByRole('dialog', { name: 'Edit history' });
    const versions = history.getByRole('listitem');
    await expect
      .poll(() => versions.allInnerTexts())
      .toEqual([
        expect.stringMatching(/^Edited .*The second text$/s),
        expect.stringMatching(/^Posted .*The first text$/s),
      ]);
    expect(await barriers(viv.page)).toEqual([]);
    // An edit appears in the open dialog, and a deletion empties it.
    await edit('The third text');
    await expect.poll(() => versions.count()).toBe(3);
    await eda.message('The third text').hover();
    await eda.choose(eda.message('The third text'), 'Delete message');
    await history.getByText('This message and its edit history were deleted.').waitFor();
    expect(await versions.count()).toBe(0);
  });

  test('a reply quotes the current text of a message, and links to it', async () => {
    const ria = await visitors.arrive();
    await ria.register('ria', 'Ria Replies');
    const sol = await visitors.arrive();
    await sol.register('sol', 'Sol Asks');
    const id = await ria.createGroup('Replies', ['Sol Asks']);
    await sol.open('Replies');
    await sol.write('When do we meet?');
    await ria.sees('When do we meet?');
    // What is selected of the message is quoted in the field.
    const question = ria.message('When do we meet?');
    await question.getByText('When do we meet?').selectText();
    await question.hover();
    await question.getByRole('button', { name: 'Reply', exact: true }).click();
    const reply = ria.page.getByRole('textbox', { name: 'Message Replies' });
    await expect.poll(() => reply.inputValue()).toBe('> When do we meet?\n\n');
    await expect.poll(() => ria.focused()).toBe('Message Replies');
    await ria.page.getByRole('button', { name: 'Cancel reply' }).click();
    await reply.fill('');
    await postMany(sol.page, id, 120);
    await expect.poll(() => ria.inSight('entry 120 of')).toBe(true);

    // Scrolls up to the first message, far above, and replies to it.
    await ria.page.evaluate(
      async ([conversation]) => {
        const answer = await fetch('/api/v1/auth/token', { method: 'POST' });
        const { accessToken } = (await answer.json()) as { accessToken: string };
        const headers = {
          authorization: `Bearer ${accessToken}`,
          'content-type': 'application/json',
        };
        const path = `/api/v1/conversations/${conversation}/messages`;
        const page = await (await fetch(`${path}?after=0&limit=5`, { headers })).json();
        const { items } = page as { items: { seq: number; body: string }[] };
        const replyTo = items.find((m) => m.body === 'When do we meet?')?.seq;
        const body = JSON.stringify({ body: 'At three', replyTo });
        await fetch(path, { method: 'POST', headers, body });
      },
      [id] as const,
    );
    for (const visitor of [ria, sol]) {
      await visitor
        .message('At three')
        .getByRole('button', { name: /Sol Asks.*When do we meet\?/ })
        .waitFor();
    }
    await ria
      .message('At three')
      .getByRole('button', { name: /Sol Asks/ })
      .click();
    await expect.poll(() => ria.focused()).toMatch(/^Sol Asks, /);
    expect(await ria.inSight('When do we meet?')).toBe(true);

    // From the page itself: the reply is canceled, started again, and sent.
    const first = ria.page.getByRole('article', { name: /^Sol Asks/ }).filter({ hasText: 'When' });
    await first.hover();
    await first.getByRole('button', { name: 'Reply', exact: true }).click();
    const bar = ria.page.getByRole('region', { name: 'Replying to' });
    await bar.getByText('When do we meet?').waitFor();
    await expect.poll(() => ria.focused()).toBe('Message Replies');
    await ria.page.keyboard.press('Escape');
    await bar.waitFor({ state: 'detached' });
    await first.hover();
    await first.getByRole('button', { name: 'Reply', exact: true }).click();
    await bar.waitFor();
    expect(await barriers(ria.page)).toEqual([]);
    await ria.write('Or at four');
    await bar.waitFor({ state: 'detached' });
    const later = sol.message('Or at four');
    await later.getByRole('button', { name: /Sol Asks.*When do we meet\?/ }).waitFor();

    // An edit and a deletion of the quoted message are visible in its quotes, and in links to it.
    await later.getByRole('button', { name: /Sol Asks/ }).click();
    await expect.poll(() => sol.focused()).toMatch(/^Sol Asks, /);
    const asked = sol.page.getByRole('article', { name: /^Sol Asks/ }).filter({ hasText: 'When' });
    await asked.hover();
    await sol.choose(asked, 'Edit message');
    await sol.page.getByRole('textbox', { name: 'Edit message' }).fill('When and where?');
    await sol.page.keyboard.press('Enter');
    await ria
      .message('Or at four')
      .getByRole('button', { name: /Sol Asks.*When and where\?/ })
      .waitFor();

    // A link to the message shows it to those who may read it, and opens it in the same tab.
    await sol.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await sol.choose(asked, 'Copy link');
    const link = await sol.page.evaluate(() => navigator.clipboard.readText());
    await ria.open('everyone');
    await ria.write(`As in ${link}`);
    const linking = sol.message('As in');
    await sol.open('everyone');
    const cards = linking.getByRole('list', { name: 'Linked messages' });
    await cards.getByText('When and where?').waitFor();
    expect(await barriers(sol.page)).toEqual([]);
    await linking.getByRole('link', { name: /^Message in .Replies.$/u }).click();
    await expect.poll(() => sol.focused()).toMatch(/^Sol Asks, /);
    expect(sol.context.pages()).toHaveLength(1);
    expect(await sol.inSight('When and where?')).toBe(true);
    await ria.open('Replies');

    await asked.hover();
    await sol.choose(asked, 'Delete message');
    await ria
      .message('Or at four')
      .getByRole('button', { name: /Sol Asks.*This message was deleted/ })
      .waitFor();
    await ria.open('everyone');
    await ria.message('As in').getByText('This message was deleted').waitFor();
  });

  test('messages are copied with their authors, typing goes to the message field, and a file to the group it is dropped on', async () => {
    const cora = await visitors.arrive();
    await cora.register('cora', 'Cora Copies');
    const { page } = cora;
    await cora.createGroup('Drop here');
    await cora.createGroup('Copy from');
    await cora.write('Hello @cora, see /c/x');
    await cora.write('```js\nconst a = 1;\n```');
    await cora.write('**The** [end](https://example.org/end)');
    await cora.sees('The end');

    // The time of a message under the mouse does not make its row higher.
    const row = cora.message('The end');
    const heightOf = async () => (await row.boundingBox())?.height;
    const height = await heightOf();
    await row.hover();
    await row.locator('time').waitFor();
    expect(await heightOf()).toBe(height);

    await cora.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.evaluate(() => {
      const all = document.querySelectorAll('article');
      const first = all[0];
      const last = all[all.length - 1];
      if (first && last) getSelection()?.setBaseAndExtent(first, 0, last, last.childNodes.length);
    });
    await page.keyboard.press('Control+c');
    const copied = await page.evaluate(async () => {
      const [item] = await navigator.clipboard.read();
      const text = async (type: string) => (await (await item?.getType(type))?.text()) ?? '';
      return { plain: await text('text/plain'), html: await text('text/html') };
    });
    expect(copied.plain.replace(/\d+:\d+.[AP]M/u, 'TIME').split(/\n+/)).toEqual([
      'Cora Copies TIME',
      'Hello @Cora Copies, see /c/x',
      'const a = 1;',
      'The end',
    ]);
    expect(copied.html).toContain('<strong>The</strong>');
    expect(copied.html).toContain('href="https://example.org/end"');
    expect(copied.html).not.toMatch(/position|button|class=/);

    // After a click on a message, letters are text, not shortcuts such as “p” for pin and “e” for edit.
    await row.click({ position: { x: 300, y: 4 } });
    await page.keyboard.type('pease');
    const field = page.getByRole('textbox', { name: 'Message Copy from' });
    expect(await field.inputValue()).toBe('pease');
    await row.press('ArrowUp');
    await page.keyboard.press('e');
    await page.getByRole('textbox', { name: 'Edit message' }).waitFor();
    await page.keyboard.press('Escape');

    // A mistyped command is not posted.
    await cora.write('/giphy cat');
    await page.getByText('/giphy isn’t a command here').waitFor();
    expect(await field.inputValue()).toBe('/giphy cat');
    await field.fill('');

    // The title opens the details.
    await page.getByRole('heading', { level: 1, name: 'Copy from' }).click();
    await page.getByRole('dialog', { name: 'Copy from' }).waitFor();
    await page.getByRole('heading', { level: 1, name: 'Copy from' }).click();
    await page.getByRole('dialog', { name: 'Copy from' }).waitFor({ state: 'detached' });

    const dropOn = (place: string) =>
      page.locator(place).evaluate((element) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(['minutes'], 'minutes.txt', { type: 'text/plain' }));
        const init = { dataTransfer, bubbles: true, cancelable: true };
        element.dispatchEvent(new DragEvent('dragover', init));
        const drop = new DragEvent('drop', init);
        element.dispatchEvent(drop);
        return drop.defaultPrevented;
      });
    await page.getByRole('link', { name: 'Activity' }).click();
    await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
    // Elsewhere, the browser must not leave the page for the file.
    expect(await dropOn('#content')).toBe(true);
    await dropOn('[data-row] > a:has-text("Drop here")');
    await page.getByRole('heading', { level: 1, name: 'Drop here' }).waitFor();
    await page.getByText('minutes.txt').waitFor();
    await cora.open('Copy from');
    await expect.poll(() => page.getByText('minutes.txt').count()).toBe(0);

    await page.locator('[data-row] > a:has-text("Copy from")').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Leave group' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Leave group' }).click();
    await page.locator('[data-row] > a:has-text("Copy from")').waitFor({ state: 'detached' });
    expect(new URL(page.url()).pathname).toBe('/');
  });

  test('a thread is shown next to the conversation, with its own unread count and read state', async () => {
    const tia = await visitors.arrive();
    await tia.register('tess', 'Tia Threads');
    const rob = await visitors.arrive();
    await rob.register('rob', 'Rob Replies');
    const id = await tia.createGroup('Threads here', ['Rob Replies']);
    await tia.write('Where do we eat?');
    await rob.open('Threads here');
    await rob.sees('Where do we eat?');
    const question = rob.message('Where do we eat?');
    await question.hover();
    await question.getByRole('button', { name: 'Reply in thread' }).click();
    const pane = rob.page.getByRole('complementary', { name: 'Thread' });
    await expect.poll(() => rob.focused()).toBe('Reply in this thread');
    const answer = async (text: string, isAlso = false) => {
      if (isAlso) await pane.getByLabel('Also send to the conversation').check();
      await pane.getByRole('textbox', { name: 'Reply in this thread' }).fill(text);
      await rob.page.keyboard.press('Enter');
      await pane.getByRole('article').filter({ hasText: text }).waitFor();
    };
    await answer('At the harbour');

    // The conversation shows only the root; the thread has its own unread count.
    await tia
      .message('Where do we eat?')
      .getByRole('button', { name: /1 reply/ })
      .waitFor();
    expect(await tia.message('At the harbour').count()).toBe(0);
    const link = tia.page.getByRole('link', { name: 'Threads 1 unread', exact: true });
    await link.waitFor();
    await answer('Or at the old mill', true);
    await tia.sees('Or at the old mill');
    await tia
      .message('Where do we eat?')
      .getByRole('button', { name: /2 replies/ })
      .waitFor();

    // From the list of threads to the thread, which is then read.
    await link.click();
    await tia.page.getByRole('heading', { level: 1, name: 'Threads' }).waitFor();
    await tia.page
      .getByRole('main')
      .getByRole('link', { name: /Where do we eat/ })
      .click();
    const own = tia.page.getByRole('complementary', { name: 'Thread' });
    await own.getByRole('article').filter({ hasText: 'At the harbour' }).waitFor();
    await tia.page.getByRole('link', { name: 'Threads', exact: true }).waitFor();
    expect(await barriers(tia.page)).toEqual([]);

    // Escape closes it, and the focus stays in the conversation.
    await expect.poll(() => tia.focused()).toBe('Reply in this thread');
    await tia.page.keyboard.press('Escape');
    await expect.poll(() => tia.focused()).toBe('Message Threads here');

    // A pinned reply that is only in the thread is shown there from the details.
    const reply = pane.getByRole('article').filter({ hasText: 'At the harbour' });
    await rob.choose(reply, 'Pin message');
    await tia.page.getByRole('button', { name: 'Details and members' }).click();
    await tia.page
      .getByRole('region', { name: 'Pinned messages' })
      .getByRole('button', { name: /At the harbour/ })
      .click();
    await own.getByRole('article').filter({ hasText: 'At the harbour' }).waitFor();
    await expect.poll(() => new URL(tia.page.url()).searchParams.has('thread')).toBe(true);

    // The link takes the focus only once: it then stays in the field when more replies arrive.
    await own.locator('[data-target]:focus').waitFor();
    const field = own.getByRole('textbox', { name: 'Reply in this thread' });
    await field.fill('At noon?');
    await answer('I will be late');
    await own.getByRole('article').filter({ hasText: 'I will be late' }).waitFor();
    await tia.page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    expect(await tia.focused()).toBe('Reply in this thread');

    // Escape ends the editing of a reply, and leaves the thread open.
    const late = pane.getByRole('article').filter({ hasText: 'I will be late' });
    await late.hover();
    await rob.choose(late, 'Edit message');
    await expect.poll(() => rob.focused()).toBe('Edit message');
    await rob.page.keyboard.press('Escape');
    await late.getByText('I will be late').waitFor();
    expect(await pane.count()).toBe(1);

    // Earlier replies that could not be loaded are requested again; the last one stays in view.
    const root = Number(new URL(tia.page.url()).searchParams.get('thread'));
    const bodies = Array.from({ length: 55 }, (_, n) => `Answer ${n + 1} of 55`);
    await postBodies(rob.page, id, bodies, root);
    await tia.page.goto(`${server.url}/c/${id}?thread=${root}`);
    const log = own.getByRole('log');
    const rest = () => log.evaluate((e) => e.scrollHeight - e.clientHeight - e.scrollTop);
    await own.getByRole('article').filter({ hasText: 'Answer 55 of 55' }).waitFor();
    await field.fill('One line\n'.repeat(8));
    await expect.poll(rest).toBeLessThan(2);
    const earlier = /\/thread\?.*before=/;
    await tia.page.route(earlier, (route) => route.abort());
    await own.getByRole('button', { name: 'Show earlier replies' }).click();
    await own.getByRole('alert').getByText('Couldn’t load messages').waitFor();
    await tia.page.unroute(earlier);
    await own.getByRole('button', { name: 'Try again' }).click();
    await own.getByRole('article').filter({ hasText: 'At the harbour' }).waitFor();

    // A thread with unread replies is shown from the first one on, and is read once its end was shown.
    const unread = Array.from({ length: 40 }, (_, n) => `Later ${n + 1} of 40`);
    await own.getByRole('button', { name: 'Close thread' }).click();
    await postBodies(rob.page, id, unread, root);
    const unreadThreads = tia.page.getByRole('link', { name: 'Threads 1 unread', exact: true });
    await unreadThreads.waitFor();
    await tia
      .message('Where do we eat?')
      .getByRole('button', { name: /replies/ })
      .click();
    const firstUnread = own.getByRole('article').filter({ hasText: 'Later 1 of 40' });
    await firstUnread.waitFor();
    const fromTop = async () =>
      ((await firstUnread.boundingBox())?.y ?? -1) - ((await log.boundingBox())?.y ?? 0);
    await expect.poll(fromTop).toBeGreaterThanOrEqual(0);
    expect(await fromTop()).toBeLessThan(80);
    await own.getByText('New', { exact: true }).waitFor();
    await unreadThreads.waitFor();
    const later = own.getByRole('button', { name: 'Show later replies' });
    await log.evaluate((e) => e.scrollTo({ top: e.scrollHeight }));
    await later.click();
    await later.waitFor({ state: 'detached' });
    await log.evaluate((e) => e.scrollTo({ top: e.scrollHeight }));
    await tia.page.getByRole('link', { name: 'Threads', exact: true }).waitFor();

    // A user who sends a reply while reading earlier ones sees it.
    await log.evaluate((e) => e.scrollTo({ top: 0 }));
    await expect.poll(rest).toBeGreaterThan(500);
    await field.fill('Sent from above');
    await tia.page.keyboard.press('Enter');
    await own.getByRole('article').filter({ hasText: 'Sent from above' }).waitFor();
    await expect.poll(rest).toBeLessThan(2);

    // Further threads that were loaded stay in the list when it is reloaded.
    await tia.page.getByRole('textbox', { name: 'Message Threads here' }).fill('And then?');
    await tia.page.keyboard.press('Enter');
    await tia.message('And then?').hover();
    await tia.message('And then?').getByRole('button', { name: 'Reply in thread' }).click();
    await own.getByRole('article').filter({ hasText: 'And then?' }).waitFor();
    await field.fill('To the bar');
    await tia.page.keyboard.press('Enter');
    await own.getByRole('article').filter({ hasText: 'To the bar' }).waitFor();
    await tia.page.route('**/me/threads*', (route) => {
      const url = new URL(route.request().url());
      url.searchParams.set('limit', '1');
      return route.continue({ url: url.href });
    });
    await tia.page.goto(`${server.url}/threads`);
    const threads = tia.page.getByRole('main').getByRole('listitem');
    await expect.poll(() => threads.count()).toBe(1);
    await tia.page.getByRole('button', { name: 'Show more threads' }).click();
    await expect.poll(() => threads.count()).toBe(2);
    await answer('The last one');
    await threads.getByText('100 replies').waitFor();
    expect(await threads.count()).toBe(2);

    // On a phone the thread fills the screen.
    await rob.page.setViewportSize({ width: 360, height: 740 });
    await rob.page
      .getByRole('textbox', { name: 'Message Threads here' })
      .waitFor({ state: 'hidden' });
    expect(await sideways(rob.page)).toBe(0);
    await pane.getByRole('button', { name: 'Unfollow thread' }).click();
    await pane.getByRole('button', { name: 'Follow thread', exact: true }).waitFor();
    await pane.getByRole('button', { name: 'Close thread' }).click();
    await rob.page.getByRole('textbox', { name: 'Message Threads here' }).waitFor();
  });

  test('a pinned message is marked for all, listed in the details, and found from there', async () => {
    const tia = await visitors.arrive();
    await tia.register('tia', 'Tia Pins');
    const udo = await visitors.arrive();
    await udo.register('udo', 'Udo Finds');
    const id = await tia.createGroup('Pins', ['Udo Finds']);
    await tia.write('The Wi-Fi password is on the fridge');
    await postMany(tia.page, id, 120);
    await tia.page.reload();
    await expect.poll(() => tia.inSight('entry 120 of')).toBe(true);

    // Udo starts at the first unread message.
    await udo.open('Pins');
    await expect.poll(() => udo.inSight('The Wi-Fi password')).toBe(true);
    await udo.message('The Wi-Fi password').hover();
    await udo.choose(udo.message('The Wi-Fi password'), 'Pin message');
    await udo.message('The Wi-Fi password').getByText('Pinned by you').waitFor();
    await udo.page.getByRole('button', { name: /new messages|Jump to latest/ }).click();
    const near = 'entry 118 of';
    await expect.poll(() => udo.inSight(near)).toBe(true);
    // With the keyboard alone: the actions are shown while the focus is on them.
    await tia.choose(tia.message(near), 'Pin message');
    await tia.page.keyboard.press('Enter');
    await tia.message(near).getByText('Pinned by you').waitFor();
    await udo.message(near).getByText('Pinned by Tia Pins').waitFor();

    // The message is far above what Tia has loaded.
    const details = tia.page.getByRole('dialog', { name: 'Pins' });
    const listed = details.getByRole('region', { name: 'Pinned messages' });
    await tia.page.getByRole('button', { name: 'Details and members' }).click();
    await listed.getByText('The Wi-Fi password').waitFor();
    expect(await listed.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringContaining(near),
      expect.stringContaining('The Wi-Fi password'),
    ]);
    expect(await barriers(tia.page)).toEqual([]);
    await listed.getByRole('button', { name: /The Wi-Fi password/ }).click();
    await expect.poll(() => tia.inSight('The Wi-Fi password')).toBe(true);
    await tia.message('The Wi-Fi password').getByText('Pinned by Udo Finds').waitFor();
    await expect.poll(() => tia.focused()).toMatch(/^Tia Pins, /);
    await tia.page.getByRole('button', { name: 'Jump to latest' }).waitFor();

    // A message that another member unpins disappears from the list at once. The list is next to
    // the messages.
    await listed.getByText(near).waitFor();
    await udo.message(near).hover();
    await udo.choose(udo.message(near), 'Unpin message');
    await listed.getByText(near).waitFor({ state: 'detached' });
    await listed.getByRole('button', { name: 'Unpin message' }).click();
    await listed.waitFor({ state: 'detached' });
    await tia.page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    await expect.poll(() => tia.inSight('The Wi-Fi password')).toBe(true);
    await tia.page.getByText(/^Pinned by/).waitFor({ state: 'detached' });
  });

  test('a mention is completed with the keyboard, counted, and shown with the current name', async () => {
    const una = await visitors.arrive();
    await una.register('una', 'Una Types');
    const val = await visitors.arrive();
    await val.register('val', 'Val Mentioned');
    await una.createGroup('Mentions', ['Val Mentioned']);

    const field = una.page.getByRole('textbox', { name: 'Message Mentions' });
    await field.pressSequentially('hello @va');
    const list = una.page.getByRole('listbox', { name: 'People to mention' });
    const option = list.getByRole('option', { name: /Val Mentioned @val/ });
    await option.waitFor();
    await expect.poll(() => option.getAttribute('aria-selected')).toBe('true');
    const active = await option.getAttribute('id');
    expect(await field.getAttribute('aria-activedescendant')).toBe(active);
    expect(await barriers(una.page)).toEqual([]);
    await una.page.keyboard.press('Escape');
    await list.waitFor({ state: 'detached' });
    await field.pressSequentially('l');
    await option.waitFor();
    await una.page.keyboard.press('Enter');
    await expect.poll(() => field.inputValue()).toBe('hello @val ');
    await field.pressSequentially('and @chan');
    await list.getByRole('option', { name: /@everyone/ }).waitFor();
    await una.page.keyboard.press('Tab');
    await una.page.keyboard.press('Enter');
    // Screen readers announce the message with the name.
    await una.page
      .getByRole('article', { name: /: hello @Val Mentioned and @everyone$/ })
      .waitFor();
    // A click on the mention shows the profile.
    await una.message('hello').getByText('@Val Mentioned').click();
    const card = una.page.getByRole('dialog', { name: 'Val Mentioned' });
    await card.getByText('@val', { exact: true }).waitFor();
    await card.getByRole('button', { name: 'Message', exact: true }).waitFor();
    await una.page.keyboard.press('Escape');
    await card.waitFor({ state: 'hidden' });

    const entry = val.page.getByRole('link', { name: /Mentions/ });
    await entry.getByText('@1', { exact: false }).waitFor();
    // One badge: the mention is not also counted as an unread message.
    expect(await entry.textContent()).toBe('Mentions@1 mention');
    await val.open('Mentions');
    await val.message('hello').getByText('@everyone').waitFor();
    await entry.getByText('@1', { exact: false }).waitFor({ state: 'detached' });
    await val.page.evaluate(async () => {
      const answer = await fetch('/api/v1/auth/token', { method: 'POST' });
      const { accessToken } = (await answer.json()) as { accessToken: string };
      await fetch('/api/v1/me', {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${accessToken}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ displayName: 'Val Renamed' }),
      });
    });
    for (const visitor of [una, val]) {
      await visitor.message('hello').getByText('@Val Renamed').waitFor();
    }

    // A mention of someone outside of the group notifies no one; they can be added.
    const outside = await visitors.arrive();
    await outside.register('xan', 'Xan Outside');
    await field.pressSequentially('ask @xan');
    await list.getByRole('option', { name: /Xan Outside.*Not in this conversation/ }).waitFor();
    await una.page.keyboard.press('Tab');
    await una.page.keyboard.press('Enter');
    await una.page.getByText(/^Not in this group: Xan Outside$/).waitFor();
    expect(await barriers(una.page)).toEqual([]);
    await una.page.getByRole('button', { name: 'Add to group' }).click();
    await una.page.getByText('Added Xan Outside', { exact: true }).waitFor();
    await outside.open('Mentions');
    await outside.message('ask').getByText('@Xan Outside').waitFor();

    // Also if the name was pasted, and so not suggested.
    const yet = await visitors.arrive();
    await yet.registerOnly('yet', 'Yet Outside');
    await field.fill('and @yet, @xan');
    await una.page.keyboard.press('Escape');
    await una.page.keyboard.press('Enter');
    await una.page.getByText(/^Not in this group: Yet Outside$/).waitFor();
  });

  test('a message is formatted, pasted as Markdown and previewed, and a slash command is executed', async () => {
    const wim = await visitors.arrive();
    await wim.register('wim', 'Wim Formats');
    await wim.createGroup('Formats');
    const { page } = wim;
    const field = page.getByRole('textbox', { name: 'Message Formats' });
    const text = () => field.inputValue();

    // With a key, which the browser can undo, and with the toolbar, which is one tab stop.
    await field.fill('words');
    await field.press('Control+a');
    await field.press('Control+b');
    expect(await text()).toBe('**words**');
    await field.press('Control+z');
    expect(await text()).toBe('words');
    await field.press('Control+a');
    await page
      .getByRole('toolbar', { name: 'Formatting' })
      .getByRole('button', { name: 'Quote' })
      .click();
    expect(await text()).toBe('> words');
    await expect.poll(() => wim.focused()).toBe('Message Formats');

    // Rich text: nothing in it is executed or requested, or the page would report errors.
    await field.fill('');
    await paste(page, {
      'text/plain': 'Plan\none\ntwo',
      'text/html':
        '<h2>Plan</h2><ul><li><b>one</b></li><li><a href="https://a.example">two</a>' +
        '<script>throw 1</script><img src="/none.png" onerror="throw 1"></li></ul>',
    });
    const markdown = '**Plan**\n\n- **one**\n- [two](https://a.example)';
    await expect.poll(text).toBe(markdown);
    await page.getByRole('button', { name: 'Preview' }).click();
    const preview = page.getByRole('region', { name: 'Message preview' });
    await preview.getByRole('link', { name: 'two' }).waitFor();
    expect(await preview.getByRole('listitem').count()).toBe(2);
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Continue editing' }).click();
    await page.getByRole('button', { name: 'Keep text only' }).click();
    expect(await text()).toBe('Plan\none\ntwo');

    // Code becomes a block on request, in which Enter inserts a line break.
    await field.fill('');
    await paste(page, { 'text/plain': 'let a = 1;\nlet b = 2;\n' }, 'let a = 1;\nlet b = 2;\n');
    await page.getByRole('button', { name: 'Format as code block' }).click();
    expect(await text()).toBe('```\nlet a = 1;\nlet b = 2;\n```');
    await field.press('ArrowUp');
    await field.press('Home');
    await field.press('Enter');
    expect(await text()).toBe('```\nlet a = 1;\n\nlet b = 2;\n```');
    await field.press('Control+Enter');
    await wim.sees('let b = 2;');

    // While an input method composes, Enter belongs to it.
    const ime = await wim.context.newCDPSession(page);
    await field.focus();
    await ime.send('Input.imeSetComposition', {
      text: 'にほん',
      selectionStart: 3,
      selectionEnd: 3,
    });
    await field.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
    expect(await text()).toBe('にほん');
    await ime.send('Input.insertText', { text: '日本' });
    await field.press('Enter');
    await wim.sees('日本');

    // A group is completed; a command is executed and not sent as a message.
    await field.pressSequentially('see #form');
    await page.getByRole('option', { name: '#Formats' }).waitFor();
    await field.press('Enter');
    expect(await text()).toBe('see #Formats ');
    await field.fill('');
    await field.pressSequentially('/top');
    await page.getByRole('option', { name: /Change the group topic/ }).waitFor();
    expect(await barriers(page)).toEqual([]);
    await field.press('Enter');
    await field.pressSequentially('All about text');
    await field.press('Enter');
    await page.getByText('1 member · All about text').waitFor();
    await expect.poll(text).toBe('');
    expect(await wim.message('All about text').count()).toBe(0);
    // Another command writes a message, and `+:tada:` reacts to it.
    await field.pressSequentially('/me takes notes');
    await field.press('Enter');
    const notes = wim.message('takes notes');
    await notes.locator('em').waitFor();
    await notes.getByRole('img', { name: 'Sent' }).waitFor();
    await field.pressSequentially('+:tada:');
    await expect.poll(text).toBe('+🎉');
    await field.press('Enter');
    await notes.getByRole('button', { name: '🎉 1 by you' }).waitFor();
    await expect.poll(text).toBe('');
  });

  test('on a phone Enter inserts a line break, and the button sends', async () => {
    const sid = await visitors.arrive({ width: 360, height: 740, touch: true });
    await sid.registerOnly('sid', 'Sid Phone');
    // While the scripts are being loaded, the page is not blank.
    await sid.context.addInitScript(keepCloseWatchers);
    const waiting = new Promise<() => void>((resolve) => {
      void sid.page.route('**/assets/application-*.js', (route) =>
        resolve(() => void route.continue()),
      );
    });
    const opened = sid.page.goto('/');
    const load = await waiting;
    const splash = sid.page.locator('#splash');
    await splash.waitFor();
    load();
    await opened;
    await sid.inside();
    expect(await splash.isVisible()).toBe(false);
    await sid.createGroup('Phone');
    const field = sid.page.getByRole('textbox', { name: 'Message Phone' });
    await field.tap();
    await sid.page.keyboard.type('First line');
    await sid.page.keyboard.press('Enter');
    await sid.page.keyboard.type('second line');
    expect(await field.inputValue()).toBe('First line\nsecond line');
    await sid.page.getByRole('button', { name: 'Send message' }).tap();
    await sid.sees('First line');
    const two = () => sid.message('First line').innerText();
    await expect.poll(two).toMatch(/First line\nsecond line/);
    await sid.message('First line').getByRole('button', { name: 'Message actions' }).tap();
    await sid.page.getByRole('button', { name: 'Edit message' }).tap();
    await sid.page.getByRole('textbox', { name: 'Edit message' }).press('Escape');
    await expect.poll(() => sid.focused()).toBe('Message actions');

    // The back button of Android closes what is open, and leaves the conversation open.
    await sid.message('First line').getByRole('button', { name: 'Message actions' }).tap();
    const sheet = sid.page.getByRole('dialog');
    await sheet.waitFor();
    await sid.page.evaluate(requestClose);
    await sheet.waitFor({ state: 'detached' });
    await field.waitFor();
  });

  test('a removed member is notified and keeps the draft', async () => {
    const tam = await visitors.arrive();
    await tam.register('tam', 'Tam Owner');
    const uma = await visitors.arrive();
    await uma.register('uma', 'Uma Member');
    await tam.createGroup('Closing', ['Uma Member']);
    await uma.open('Closing');
    const field = uma.page.getByRole('textbox', { name: 'Message Closing' });
    await field.fill('A thought that took an hour');
    await tam.page.getByRole('button', { name: 'Details and members' }).click();
    await tam.page.getByRole('button', { name: 'Remove Uma Member' }).click();
    await tam.page.getByRole('button', { name: 'Remove', exact: true }).click();
    await uma.page.getByRole('heading', { name: 'You’re no longer a member of Closing' }).waitFor();
    await uma.page.getByText('Tam Owner removed you from this group.').waitFor();
    const kept = uma.page.getByRole('textbox', { name: 'Unsent message' });
    await expect.poll(() => kept.inputValue()).toBe('A thought that took an hour');
    await uma.page.getByRole('button', { name: 'Copy' }).waitFor();
  });

  test('a new group is never reported as not found', async () => {
    const van = await visitors.arrive();
    await van.register('van', 'Van Maker');
    await van.page.evaluate(() => {
      const seen = { missing: false };
      Object.assign(window, { seen });
      new MutationObserver(() => {
        if (document.body.innerText.includes('Conversation not found')) seen.missing = true;
      }).observe(document.body, { childList: true, subtree: true });
    });
    for (let n = 1; n <= 5; n++) await van.createGroupByForm(`New ${n}`);
    const missing = () =>
      van.page.evaluate(() => (window as unknown as { seen: { missing: boolean } }).seen.missing);
    expect(await missing()).toBe(false);
    await van.page.goto(`/c/${crypto.randomUUID()}`);
    await van.page.getByRole('heading', { name: 'Conversation not found' }).waitFor();
  });

  test('the list follows its end while messages arrive fast', {
    timeout: (SOAK_SECONDS + 90) * 1_000,
  }, async () => {
    const wes = await visitors.arrive();
    await wes.register('wes', 'Wes Watcher');
    const xia = await visitors.arrive();
    await xia.registerOnly('xia', 'Xia Fast');
    const id = await wes.createGroup('Fast', ['Xia Fast']);
    await postBodies(xia.page, id, ['The first']);
    await wes.sees('The first');
    await wes.page.evaluate(() => {
      const soak = { longestAwayMs: 0, samples: 0 };
      Object.assign(window, { soak });
      let away = 0;
      let before = performance.now();
      const sample = () => {
        const log = document.querySelector('[role="log"]');
        const now = performance.now();
        const isAtEnd = log && log.scrollHeight - log.scrollTop - log.clientHeight < 60;
        // A late frame on a busy machine says nothing about the list.
        away = isAtEnd ? 0 : away + Math.min(now - before, 100);
        before = now;
        soak.longestAwayMs = Math.max(soak.longestAwayMs, away);
        soak.samples++;
        requestAnimationFrame(sample);
      };
      requestAnimationFrame(sample);
    });
    const posting = postSteadily(xia.page, id, 20, SOAK_SECONDS);
    let isPosting = true;
    const end = () => {
      isPosting = false;
    };
    posting.then(end, end);
    // Other user activity than scrolling up: the window is resized, the pointer moves.
    for (let n = 0; isPosting; n++) {
      await wes.page.setViewportSize({ width: n % 2 ? 1_440 : 900, height: n % 3 ? 900 : 620 });
      await wes.page.mouse.move(600 + (n % 7) * 10, 400);
      await wes.page.mouse.wheel(0, n % 5 === 0 ? -20 : 40);
      const seen = await latestSteady(wes.page);
      await expect
        .poll(async () => !isPosting || (await latestSteady(wes.page)) > seen + 15)
        .toBe(true);
    }
    const posted = await posting;
    const last = `steady ${posted - 1} `;
    await expect.poll(() => wes.inSight(last), { timeout: 30_000 }).toBe(true);
    const { longestAwayMs, samples } = await wes.page.evaluate(
      () => (window as unknown as { soak: { longestAwayMs: number; samples: number } }).soak,
    );
    console.log(
      `${posted} messages, ${samples} frames, away for ${Math.round(longestAwayMs)} ms at most`,
    );
    // A busy machine stores fewer messages than planned.
    expect(posted).toBeGreaterThan(SOAK_SECONDS * 3);
    expect(longestAwayMs).toBeLessThan(3_000);
    await wes.page.getByRole('link', { name: /Fast.*unread/s }).waitFor({ state: 'detached' });

    // The list stops following when the user scrolls up, while messages keep arriving.
    const more = postSteadily(xia.page, id, 20, 5);
    await wes.page.getByRole('log').hover();
    const jump = wes.page.getByRole('button', { name: /new message|Jump to latest/ });
    await expect
      .poll(async () => {
        await wes.page.mouse.wheel(0, -240);
        return jump.isVisible();
      })
      .toBe(true);
    const top = () => wes.page.getByRole('log').evaluate((log) => log.scrollTop);
    const before = await restingTop(wes.page);
    await more;
    expect(Math.abs((await top()) - before)).toBeLessThan(3);
  });

  test('can have files: chosen, dropped or pasted, shown at their final size, and downloaded', async () => {
    const [ida, joe] = [await visitors.arrive(), await visitors.arrive()];
    await ida.register('ida', 'Ida Files');
    await joe.register('joe', 'Joe Files');
    await ida.createGroup('Pictures', ['Joe Files']);
    const png = await picture(ida.page, 1_200, 800);
    const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('My notes') };
    await ida.page
      .locator('[data-attach]')
      .setInputFiles([{ name: 'view.png', mimeType: 'image/png', buffer: png }, notes]);
    const tray = ida.page.getByRole('list', { name: 'Files to send' });
    await tray.getByRole('button', { name: 'Remove view.png' }).waitFor();
    await tray.getByRole('button', { name: 'Remove notes.txt' }).waitFor();
    await ida.write('Two files');
    await ida.message('Two files').getByRole('button', { name: 'Show view.png' }).waitFor();
    await expect.poll(() => tray.count()).toBe(0);

    await joe.open('Pictures');
    const message = joe.message('Two files');
    const image = message.getByRole('img', { name: 'view.png' });
    await expect
      .poll(() => image.evaluate((img: HTMLImageElement) => img.naturalWidth))
      .toBe(1_200);
    expect(await message.getByRole('listitem').first().boundingBox()).toMatchObject({
      width: 400,
      height: 267,
    });
    const download = joe.page.waitForEvent('download');
    await message.getByRole('link', { name: 'notes.txt' }).click();
    expect((await download).suggestedFilename()).toBe('notes.txt');
    await message.getByRole('button', { name: 'Show view.png' }).click();
    const full = joe.page.getByRole('dialog').getByRole('img', { name: 'view.png' });
    await expect
      .poll(() => full.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth))
      .toBe(1_200);
    await joe.page.keyboard.press('Escape');

    // Several images form a gallery, and the keyboard moves from one to the next.
    const several = ['first.png', 'second.png'].map((name) => ({
      name,
      mimeType: 'image/png',
      buffer: png,
    }));
    await ida.page.locator('[data-attach]').setInputFiles(several);
    await tray.getByRole('button', { name: 'Remove second.png' }).waitFor();
    await ida.write('Two images');
    const images = joe.message('Two images').getByRole('list', { name: 'Images' });
    await images.getByRole('button', { name: 'Show first.png' }).click();
    await joe.page.getByText('1 of 2').waitFor();
    await joe.page.keyboard.press('ArrowRight');
    const shown = joe.page.getByRole('dialog').getByRole('img', { name: 'second.png' });
    await shown.waitFor();
    // The buttons keep the focus, also at the last image.
    await joe.page.getByRole('button', { name: 'Previous image' }).press('Enter');
    await joe.page.getByText('1 of 2').waitFor();
    await joe.page.getByRole('button', { name: 'Next image' }).press('Enter');
    await shown.waitFor();
    expect(await joe.focused()).toBe('Next image');
    await joe.page.keyboard.press('+');
    const scale = () =>
      shown.evaluate((img) => img.getBoundingClientRect().width / img.clientWidth);
    await expect.poll(scale).toBeCloseTo(1.5);
    expect(await barriers(joe.page)).toEqual([]);
    await zoomByPointer(joe.page, shown, scale);
    await joe.page.getByText('1 of 2').waitFor();
    await joe.page.keyboard.press('Escape');
    await expect.poll(() => joe.focused()).toBe('Show first.png');

    // Audio is played in the message.
    await ida.page.locator('[data-attach]').setInputFiles([
      { name: 'voice.wav', mimeType: 'audio/wav', buffer: silence(1) },
      {
        name: 'broken.webm',
        mimeType: 'video/webm',
        // The start of a WebM file, and nothing else.
        buffer: Buffer.from(
          '1a45dfa39f4286810142f7810142f2810442f381084282847765626d4287810442858102',
          'hex',
        ),
      },
    ]);
    await tray.getByRole('button', { name: 'Remove broken.webm' }).waitFor();
    await ida.write('Two recordings');
    const recordings = joe.message('Two recordings');
    const voice = recordings.locator('audio[aria-label="voice.wav"]');
    await expect.poll(() => voice.evaluate((audio: HTMLAudioElement) => audio.duration)).toBe(1);
    expect(
      await voice.evaluate(async (audio: HTMLAudioElement) => {
        const ended = new Promise((resolve) => audio.addEventListener('ended', resolve));
        await audio.play();
        await ended;
        return audio.currentTime;
      }),
    ).toBe(1);
    await recordings.getByText('Your browser can’t play this file').waitFor();
    await recordings.getByRole('link', { name: 'broken.webm' }).waitFor();

    // Pasted and dropped, without a text.
    await ida.page.evaluate(() => {
      const transfer = (name: string) => {
        const data = new DataTransfer();
        data.items.add(new File([name], name, { type: 'text/plain' }));
        return data;
      };
      const field = document.querySelector('[data-composer]');
      field?.dispatchEvent(
        new ClipboardEvent('paste', {
          clipboardData: transfer('pasted.txt'),
          bubbles: true,
          cancelable: true,
        }),
      );
      document
        .querySelector('#content')
        ?.dispatchEvent(
          new DragEvent('drop', { dataTransfer: transfer('dropped.txt'), bubbles: true }),
        );
    });
    await tray.getByRole('button', { name: 'Remove pasted.txt' }).waitFor();
    await tray.getByRole('button', { name: 'Remove dropped.txt' }).waitFor();
    // While the message is being sent, the names of its files are shown.
    await ida.context.setOffline(true);
    await ida.page.getByRole('button', { name: 'Send message' }).click();
    await ida.message('pasted.txt').getByText('dropped.txt').waitFor();
    await ida.message('pasted.txt').getByRole('img', { name: 'Sending' }).waitFor();
    expect(await joe.message('pasted.txt').count()).toBe(0);
    await ida.context.setOffline(false);
    await joe.message('pasted.txt').getByRole('link', { name: 'dropped.txt' }).waitFor();

    // A file that is dropped on a thread is attached to the reply.
    const root = joe.message('Two files');
    await root.hover();
    await root.getByRole('button', { name: 'Reply in thread' }).click();
    const thread = joe.page.getByRole('complementary', { name: 'Thread' });
    await thread.getByRole('textbox', { name: 'Reply in this thread' }).evaluate((field) => {
      const data = new DataTransfer();
      data.items.add(new File(['reply'], 'reply.txt', { type: 'text/plain' }));
      field.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
    });
    await thread.getByRole('button', { name: 'Remove reply.txt' }).waitFor();
    await thread.getByRole('button', { name: 'Send reply' }).click();
    await thread.getByRole('article').getByRole('link', { name: 'reply.txt' }).waitFor();
    expect(await joe.page.getByRole('list', { name: 'Files to send' }).count()).toBe(0);

    // A message that is sent during the upload waits for it, also while another conversation is shown.
    const field = ida.page.getByRole('textbox', { name: 'Message Pictures' });
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await ida.page.route('**/api/v1/uploads/*', async (route) => {
      await released;
      await route.continue();
    });
    await ida.page.locator('[data-attach]').setInputFiles(notes);
    await field.fill('Not sent yet');
    await field.press('Enter');
    const waiting = ida.page.getByRole('list', { name: 'Messages waiting for their files' });
    await waiting.getByText('Not sent yet').waitFor();
    await expect.poll(() => field.inputValue()).toBe('');
    expect(await barriers(ida.page)).toEqual([]);
    await waiting.getByRole('button', { name: 'Cancel sending and edit' }).click();
    await tray.getByText('notes.txt').waitFor();
    await expect.poll(() => field.inputValue()).toBe('Not sent yet');
    await field.fill('Sent during the upload');
    await field.press('Enter');
    await waiting.getByText('Sent during the upload').waitFor();
    await ida.context.setOffline(true);
    await ida.page.getByText('Will be sent when you reconnect: 1 message.').waitFor();
    await ida.context.setOffline(false);
    await ida.open('everyone');
    // The pointer has scrolled Joe’s list up to the message above, which may have stopped it from following its end.
    const list = joe.page.getByRole('log', { name: 'Messages in Pictures' });
    const toEnd = joe.page.getByRole('button', { name: /new message|Jump to latest/ });
    await expect
      .poll(async () => {
        await list.evaluate((log) => log.scrollTo(0, log.scrollHeight));
        return toEnd.count();
      })
      .toBe(0);
    release();
    await joe.message('Sent during the upload').getByRole('link', { name: 'notes.txt' }).waitFor();
    await ida.open('Pictures');
    await ida.message('Sent during the upload').waitFor();
    await expect.poll(() => waiting.count()).toBe(0);
    expect(await joe.message('Not sent yet').count()).toBe(0);
  });
});

/** Returns the number of the latest message of `postSteadily` that the list shows; -1 if none. */
function latestSteady(page: Page): Promise<number> {
  return page
    .getByRole('log')
    .evaluate((log) =>
      Math.max(
        -1,
        ...[...(log.textContent ?? '').matchAll(/steady (\d+) /g)].map(([, n]) => Number(n)),
      ),
    );
}

/** Returns the scroll position of the list once it has been the same for 15 frames. */
function restingTop(page: Page): Promise<number> {
  return page.getByRole('log').evaluate(
    (log) =>
      new Promise<number>((resolve) => {
        let top = log.scrollTop;
        let frames = 0;
        const look = () => {
          frames = log.scrollTop === top ? frames + 1 : 0;
          top = log.scrollTop;
          if (frames < 15) requestAnimationFrame(look);
          else resolve(top);
        };
        look();
      }),
  );
}

/** Returns a PNG of this size. */
async function picture(page: Page, width: number, height: number): Promise<Buffer> {
  const url = await page.evaluate(
    ([w, h]) => {
      const canvas = document.createElement('canvas');
      canvas.width = w;
      canvas.height = h;
      const context = canvas.getContext('2d');
      if (!context) throw new Error('No canvas');
      const colors = context.createLinearGradient(0, 0, w, h);
      colors.addColorStop(0, '#204080');
      colors.addColorStop(1, '#f0a040');
      context.fillStyle = colors;
      context.fillRect(0, 0, w, h);
      return canvas.toDataURL('image/png');
    },
    [width, height] as const,
  );
  return Buffer.from(url.split(',')[1] ?? '', 'base64');
}

/** Pastes into the composer; `inserted` is what the browser would insert if the page leaves that to it. */
async function paste(page: Page, data: Record<string, string>, inserted = ''): Promise<void> {
  await page.locator('[data-composer]').evaluate(
    (element, { data, inserted }) => {
      const clipboardData = new DataTransfer();
      for (const [type, value] of Object.entries(data)) clipboardData.setData(type, value);
      (element as HTMLElement).focus();
      const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
      if (element.dispatchEvent(event)) document.execCommand('insertText', false, inserted);
    },
    { data, inserted },
  );
}
