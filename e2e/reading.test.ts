import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  apiOf,
  apiWith,
  aWriter,
  type BuiltServer,
  barriers,
  CHROMIUM,
  notified,
  PASSWORD,
  postBodies,
  postMany,
  sideways,
  startBuiltServer,
  type Visitor,
  Visitors,
} from './support.ts';

/** Chooses an action in the menu of a message, or in a submenu that is named before it. */
async function act(visitor: Visitor, text: string, ...path: string[]): Promise<void> {
  const message = visitor.message(text).first();
  await message.hover();
  await message.getByRole('button', { name: 'More actions' }).click();
  for (const name of path) {
    // A mouse that jumps from an item to its submenu would close that.
    await visitor.page.getByRole('menuitem', { name, exact: true }).press('Enter');
  }
}

describe.skipIf(CHROMIUM === undefined)('reading and acting', () => {
  let server: BuiltServer;
  const visitors = new Visitors(() => server.url);

  beforeAll(async () => {
    server = await startBuiltServer();
  });
  afterAll(async () => {
    await server?.stop();
  });

  test('a conversation opens at its first unread message, and reading continues from there', async () => {
    const amy = await visitors.arrive();
    await amy.register('amy', 'Amy Reader');
    await amy.open('everyone');
    await amy.write('Nothing is newer than this');
    await amy.sees('Nothing is newer than this');
    const id = amy.conversation();
    await amy.page.goto('/');
    await amy.page.getByText('Select a conversation').waitFor();

    const bob = await visitors.arrive();
    await bob.registerOnly('bob', 'Bob Writer');
    await postMany(bob.page, id, 80);
    await amy.page.getByRole('link', { name: /everyone.*8\d unread/s }).click();
    const line = amy.page.getByText('New', { exact: true });
    await line.waitFor();
    // With reduced motion, which the tests ask for, a row that gets visible is so at once with all it contains.
    expect(
      await amy.page.getByRole('log').evaluate((log) => {
        const text = log.querySelector('article [dir=auto] > *') ?? log;
        const visibility = () => getComputedStyle(text).visibility;
        log.style.visibility = 'hidden';
        const hidden = visibility();
        log.style.visibility = '';
        return [hidden, visibility()];
      }),
    ).toEqual(['hidden', 'visible']);
    await expect.poll(() => amy.inSight('entry 1 of')).toBe(true);
    expect(await amy.inSight('entry 80 of')).toBe(false);
    await amy.page.getByRole('button', { name: /new messages/ }).waitFor();

    // After a reload the page around the line comes from the server, the rest while scrolling.
    await amy.page.goto('/');
    await amy.page.getByRole('link', { name: /everyone.*unread/s }).click();
    await line.waitFor();
    const log = amy.page.getByRole('log');
    await expect
      .poll(
        async () => {
          await log.evaluate((element) => element.scrollBy({ top: 400 }));
          return amy.inSight('entry 80 of');
        },
        { timeout: 20_000 },
      )
      .toBe(true);
    await amy.page.getByRole('link', { name: /everyone.*unread/s }).waitFor({ state: 'detached' });
    // At the end of the list, new messages are shown at once.
    await postBodies(bob.page, id, ['One more']);
    await expect.poll(() => amy.inSight('One more')).toBe(true);

    // Also the first list of a page, on a device so slow that its rows are measured late.
    const poem = Array.from({ length: 30 }, (_, n) => `Verse ${n}${'\nline'.repeat(n % 4)}`);
    await postBodies(amy.page, id, poem);
    await amy.page.goto('/');
    await amy.page.getByText('Select a conversation').waitFor();
    await postBodies(bob.page, id, ['Second to last', 'Last of all']);
    const link = amy.page.getByRole('link', { name: /everyone.*2 unread/s });
    await link.waitFor();
    await amy.page.evaluate(slowFrames, 120);
    await link.click();
    await amy.sees('Last of all');
    await postBodies(bob.page, id, ['After all']);
    await amy.sees('After all');
    const fromEnd = () => log.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
    await expect.poll(fromEnd).toBeLessThan(2);
  });

  test('a conversation that was marked as unread stays unread on all devices until it is read again', async () => {
    const una = await visitors.arrive();
    await una.register('una', 'Una Marker');
    const vic = await visitors.arrive();
    await vic.register('vic', 'Vic Writer');
    await una.open('everyone');
    await vic.open('everyone');
    await vic.write('Mark me as unread');
    await una.sees('Mark me as unread');
    const link = una.page.getByRole('link', { name: /everyone.*1 unread/s });
    await link.waitFor({ state: 'detached' });

    await act(una, 'Mark me as unread', 'Mark unread from here');
    await link.waitFor();
    // The author sees that no one has read it.
    await act(vic, 'Mark me as unread', 'More', 'Seen by');
    await vic.page.getByText('No one else has seen this message yet.').waitFor();
    await vic.page.keyboard.press('Escape');
    // Another tab of hers shows the same; a reload keeps it.
    const tab = await una.page.context().newPage();
    await tab.goto(server.url);
    await tab.getByRole('link', { name: /everyone.*1 unread/s }).waitFor();
    await tab.getByRole('button', { name: 'Mark all as read' }).click();
    await link.waitFor({ state: 'detached' });
    await tab.close();
    // The same with keys: on a message, Esc first leads to the message field.
    await una.page.getByRole('log', { name: /everyone/ }).focus();
    await una.page.keyboard.press('ArrowUp');
    await una.page.keyboard.press('u');
    await link.waitFor();
    await una.page.keyboard.press('Escape');
    await una.page.keyboard.press('Escape');
    await link.waitFor({ state: 'detached' });
  });

  test('a message can be saved, and found and removed in the list of saved messages', async () => {
    const sam = await visitors.arrive();
    await sam.register('sam', 'Sam Saver');
    await sam.open('everyone');
    await sam.write('Worth keeping');
    await sam.sees('Worth keeping');
    await act(sam, 'Worth keeping', 'Remind me', 'Remind me in 1 hour');
    await sam.page.getByText(/You’ll be reminded on/).waitFor();
    await sam.page.getByRole('button', { name: 'Account menu' }).click();
    await sam.page.getByRole('menuitem', { name: 'Saved messages' }).click();
    const list = sam.page.getByRole('dialog', { name: 'Saved messages' });
    await list.getByText('Worth keeping').waitFor();
    await list.getByText(/Reminder: /).waitFor();
    await list.getByRole('button', { name: 'Remove from saved messages' }).click();
    await list.getByText('Save a message from its menu to find it here.').waitFor();
    await sam.page.keyboard.press('Escape');
    // The focus stays in a list when its focused entry is removed, and is not lost with the last one.
    for (const text of ['The first to keep', 'The second to keep']) {
      await sam.write(text);
      await sam.sees(text);
      await sam.message(text).hover();
      await sam.message(text).getByRole('button', { name: 'Save message' }).click();
    }
    await sam.visit('/saved');
    const remove = sam.page.getByRole('button', { name: 'Remove from saved messages' });
    await remove.first().press('Enter');
    await expect.poll(() => sam.focused()).toMatch(/The first to keep/);
    await remove.press('Enter');
    await expect.poll(() => sam.focused()).toBe('content');
  });

  test('a message can be scheduled, and is in the list of scheduled messages until it is sent', async () => {
    const lea = await visitors.arrive();
    await lea.register('lea', 'Lea Later');
    await lea.open('everyone');
    await lea.page.getByRole('textbox', { name: 'Message everyone' }).fill('Good morning');
    await lea.page.getByRole('button', { name: 'Send later' }).click();
    await lea.page.getByRole('button', { name: /^Tomorrow/ }).click();
    await lea.page.getByText(/Message scheduled for/).waitFor();
    await lea.page.getByRole('button', { name: 'Account menu' }).click();
    await lea.page.getByRole('menuitem', { name: 'Scheduled messages' }).click();
    const list = lea.page.getByRole('main');
    await list.getByText('Good morning').waitFor();
    await list.getByRole('button', { name: 'Send now' }).click();
    await list.getByText('Write a message and choose').waitFor();
    await lea.open('everyone');
    await lea.sees('Good morning');
  });

  test('a poll is voted in on two devices, closed, and forwarded', async () => {
    const [paul, vera] = [await visitors.arrive(), await visitors.arrive()];
    await paul.register('paul', 'Paul Poller');
    await vera.register('vera', 'Vera Voter');
    await paul.open('everyone');
    await vera.open('everyone');
    await paul.page.getByRole('button', { name: 'Create a poll' }).click();
    await paul.page.getByLabel('Question').press('Enter');
    await paul.page.getByText('Enter a question').waitFor();
    await paul.page.keyboard.type('Which lunch?');
    await paul.page.getByLabel('Choice 1').fill('Soup');
    await paul.page.keyboard.press('Enter');
    await paul.page.getByText('Enter at least two choices').waitFor();
    // The field to be filled in next has the focus, also after another one was added.
    await paul.page.keyboard.type('Salad');
    await paul.page.getByRole('button', { name: 'Add choice' }).press('Enter');
    await paul.page.keyboard.type('Salad');
    await paul.page.keyboard.press('Enter');
    await paul.page.getByText('Each choice must be different').waitFor();
    await paul.page.keyboard.press('Control+a');
    await paul.page.keyboard.press('Delete');
    await paul.page.keyboard.press('Enter');
    await vera.page.getByRole('radio', { name: /Soup/ }).click();
    const voters = (who: typeof paul, choice: string) =>
      who.page.getByRole('button', { name: `1 vote for ${choice}` });
    await voters(paul, 'Soup').click();
    const shown = paul.page.getByRole('dialog', { name: 'Voted for “Soup”' });
    await shown.getByText('Vera Voter').waitFor();
    expect(await barriers(paul.page)).toEqual([]);
    await paul.page.keyboard.press('Escape');
    const salad = paul.page.getByRole('radio', { name: /Salad/ });
    await salad.press('Space');
    await voters(vera, 'Salad').waitFor();
    await expect.poll(() => salad.evaluate((e) => e === document.activeElement)).toBe(true);
    await paul.page.getByRole('button', { name: 'Close poll' }).press('Enter');
    await expect.poll(() => paul.focused()).toMatch(/: Which lunch\?$/);
    await vera.page.getByText('This poll is closed').waitFor();
    await act(vera, 'Which lunch?', 'Forward message');
    await vera.page.getByLabel('Find a conversation').fill('everyone');
    await vera.page.getByLabel('Comment (optional)').fill('Worth a vote');
    // The server forwards the message, and its response is lost.
    let lost = 0;
    const loseResponse = () =>
      vera.page.route(
        '**/forward',
        async (route) => {
          await route.fetch();
          lost++;
          await route.abort();
        },
        { times: 1 },
      );
    await loseResponse();
    const target = vera.page.getByRole('dialog').getByRole('button', { name: 'everyone' });
    await target.click();
    await expect.poll(() => lost).toBe(1);
    await target.click();
    await paul.sees('Worth a vote');
    const quoted = paul.page.getByRole('figure').filter({ hasText: 'Forwarded from Paul Poller' });
    await quoted.getByRole('blockquote').getByText('Which lunch?').waitFor();
    expect(await quoted.count()).toBe(1);
    expect(await paul.message('Worth a vote').count()).toBe(1);
    // To a user with whom there is no conversation yet.
    await act(vera, 'Which lunch?', 'Forward message');
    await vera.page.getByLabel('Find a conversation').fill('pol pau');
    await loseResponse();
    await vera.page.getByRole('dialog').getByRole('button', { name: 'Paul Poller @' }).click();
    await expect.poll(() => lost).toBe(2);
    // By now there is one: trying again forwards the message once all the same.
    await vera.page
      .getByRole('dialog')
      .getByRole('button', { name: 'Paul Poller', exact: true })
      .click();
    await vera.page.getByRole('dialog').waitFor({ state: 'detached' });
    await paul.open('Vera Voter');
    await quoted.getByRole('blockquote').getByText('Which lunch?').waitFor();
    expect(await quoted.count()).toBe(1);
  });

  test('a draft is the same on all devices until it is sent', async () => {
    const dora = await visitors.arrive();
    await dora.register('dora', 'Dora Drafter');
    await dora.open('everyone');
    const other = await visitors.arrive();
    await other.page.goto(`${server.url}/login`);
    await other.login('dora', PASSWORD);
    await other.open('everyone');
    const [here, there] = [dora, other].map((v) => v.page.locator('[data-composer]'));
    await here?.fill('Written here');
    await expect.poll(() => there?.inputValue()).toBe('Written here');
    // A reply in a thread has its own draft, which its entry among the drafts opens.
    await dora.write('The start of a thread');
    await dora
      .message('The start of a thread')
      .getByRole('button', { name: 'Reply in thread' })
      .click();
    const reply = { name: 'Reply in this thread' };
    await dora.page.getByRole('textbox', reply).fill('A reply that waits');
    await other.page.getByRole('link', { name: /^Drafts/ }).click();
    await other.page.getByRole('link', { name: /Thread.*A reply that waits/ }).click();
    const field = other.page.getByRole('textbox', reply);
    await expect.poll(() => field.inputValue()).toBe('A reply that waits');
    await other.page.locator('[data-thread]').getByRole('button', { name: 'Send later' }).click();
    await other.page.getByRole('button', { name: /^Tomorrow/ }).click();
    await other.page.getByText(/Message scheduled for/).waitFor();
    await expect.poll(() => dora.page.getByRole('textbox', reply).inputValue()).toBe('');
    await other.visit('/scheduled');
    await other.page.getByRole('button', { name: 'Send now' }).click();
    await dora.page
      .getByRole('log', { name: /^Replies in/ })
      .getByText('A reply that waits')
      .waitFor();
    await other.page
      .getByRole('link', { name: 'everyone · Thread' })
      .waitFor({ state: 'detached' });
    await other.open('everyone');
    await there?.press('Control+A');
    await there?.pressSequentially('Continued there');
    await expect.poll(() => here?.inputValue()).toBe('Continued there');
    await here?.press('Enter');
    await dora.sees('Continued there');
    await expect.poll(() => there?.inputValue()).toBe('');
    expect(await here?.inputValue()).toBe('');

    // A save in progress when its text is sent does not bring the text back.
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const asked = dora.page.waitForRequest((r) => r.method() === 'PUT' && /drafts/.test(r.url()));
    await dora.page.route('**/me/drafts/*', async (route) => {
      if (route.request().method() === 'PUT') await held;
      await route.continue();
    });
    const deleted = dora.page.waitForResponse(
      (r) => r.request().method() === 'DELETE' && /drafts/.test(r.url()),
    );
    await here?.fill('Sent while it was saved');
    await asked;
    await here?.press('Enter');
    await dora.sees('Sent while it was saved');
    // The other page is busy: it learns of the save and of the deletion at the same time, before it
    // shows either.
    const busy = other.page.evaluate(() => {
      const end = performance.now() + 1_500;
      while (performance.now() < end);
    });
    answer();
    expect((await deleted).status()).toBe(204);
    await busy;
    await expect.poll(() => there?.inputValue()).toBe('');
    expect(await here?.inputValue()).toBe('');

    // A page that is closed before it learns of its own save deletes the draft when it is opened
    // again.
    await dora.page.unroute('**/me/drafts/*');
    await dora.page.route('**/me/drafts/*', async (route) => {
      if (route.request().method() === 'PUT') await route.fetch();
      else await route.continue();
    });
    const late = 'Sent before the page was closed';
    await here?.fill(late);
    await expect.poll(() => there?.inputValue()).toBe(late);
    await here?.press('Enter');
    await other.sees(late);
    // It has not learned of its save over the socket either.
    await dora.page.evaluate(() => {
      for (const key of Object.keys(localStorage)) {
        if (key.includes('.draft-base.')) localStorage.removeItem(key);
      }
    });
    const address = dora.page.url();
    await dora.page.close();
    const again = await dora.context.newPage();
    await again.goto(address);
    await again.getByRole('article').filter({ hasText: late }).waitFor();
    await expect.poll(() => there?.inputValue()).toBe('');
    expect(await again.locator('[data-composer]').inputValue()).toBe('');
  });

  test('the sidebar is arranged with the mouse, shows unread conversations, and supports arrow keys', async () => {
    const sid = await visitors.arrive();
    await sid.register('sid', 'Sid Sorts');
    const api = await apiOf(sid.page);
    const ids: string[] = [];
    for (const name of ['Apples', 'Berries', 'Cherries']) {
      const group = await api('POST', '/conversations', { name, visibility: 'private' });
      ids.push(group.id as string);
    }
    const sections = await api('POST', '/me/sidebar/sections', { name: 'Orchard' });
    const [, orchard] = sections.sections as { id: string }[];
    await api('POST', '/me/sidebar/moves', { conversations: [ids[2]], section: orchard?.id });
    await api('PATCH', '/me/sidebar/sections/groups', { isCollapsed: true });
    const tab = await sid.context.newPage();
    await tab.goto(server.url);
    const namesIn = (page: Page, name: string) =>
      page.getByRole('list', { name, exact: true }).getByRole('link').allInnerTexts();
    const row = (name: string) =>
      sid.page
        .getByRole('navigation', { name: 'Conversations and people' })
        .getByRole('listitem')
        .filter({ has: sid.page.getByRole('link', { name, exact: true }) });
    await expect.poll(() => namesIn(sid.page, 'Orchard')).toEqual(['Cherries']);
    expect(await namesIn(sid.page, 'Groups')).toEqual([]);
    await sid.page.getByRole('button', { name: 'Groups', exact: true }).click();
    await row('Berries').hover();
    await row('Berries').getByRole('button', { name: 'Add to favorites', exact: true }).click();
    await expect.poll(() => namesIn(tab, 'Favorites')).toEqual(['Berries']);

    // The upper half of a row: before it. Dragging starts to work when its code is loaded.
    const target = row('Cherries').getByRole('link');
    await expect
      .poll(async () => {
        await row('Apples')
          .getByRole('link')
          .dragTo(target, { targetPosition: { x: 60, y: 6 } });
        return namesIn(sid.page, 'Orchard');
      })
      .toEqual(['Apples', 'Cherries']);
    await expect.poll(() => namesIn(tab, 'Orchard')).toEqual(['Apples', 'Cherries']);

    // A collapsed section shows unread conversations.
    await sid.page.getByRole('button', { name: 'Groups', exact: true }).click();
    await expect.poll(() => namesIn(tab, 'Groups')).toEqual([]);
    const list = (await api('GET', '/conversations')).items as { id: string; name: string }[];
    const everyone = list.find(({ name }) => name === 'everyone')?.id ?? '';
    const pia = await fetch(`${server.url}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        username: 'pia',
        displayName: 'Pia Posts',
        email: 'pia@example.org',
        password: PASSWORD,
      }),
    });
    const { accessToken } = (await pia.json()) as { accessToken: string };
    await apiWith(server.url, accessToken)('POST', `/conversations/${everyone}/messages`, {
      body: 'Unread in a collapsed section',
    });
    await tab
      .getByRole('list', { name: 'Groups', exact: true })
      .getByRole('link', { name: /^everyone \d+ unread$/ })
      .waitFor();

    await sid.page.keyboard.press('Alt+Shift+ArrowDown');
    await sid.page.getByRole('heading', { level: 1, name: 'everyone' }).waitFor();
    await sid.page.keyboard.press('Alt+ArrowUp');
    await sid.page.getByRole('heading', { level: 1, name: 'Cherries' }).waitFor();

    // The focus returns to a row that the dialog of its menu has moved.
    await row('Cherries').getByRole('link').click({ button: 'right' });
    await sid.page.getByRole('menuitem', { name: 'New section…' }).press('Enter');
    await sid.page.getByRole('dialog').getByLabel('Name').fill('Jam');
    await sid.page.keyboard.press('Enter');
    await expect.poll(() => namesIn(sid.page, 'Jam')).toEqual(['Cherries']);
    const focused = () =>
      sid.page.evaluate(() => document.activeElement?.closest('[data-row] a')?.textContent);
    await expect.poll(focused).toContain('Cherries');
    // It follows a row that is moved on another device.
    await api('POST', '/me/sidebar/moves', { conversations: [ids[2]], section: orchard?.id });
    await expect.poll(() => namesIn(sid.page, 'Jam')).toEqual([]);
    await expect.poll(focused).toContain('Cherries');
    // Tab leaves a row, whose buttons are removed then.
    for (const button of ['Add to favorites', 'Conversation options']) {
      await sid.page.keyboard.press('Tab');
      expect(await sid.focused()).toBe(button);
    }
    await sid.page.keyboard.press('Tab');
    expect(await sid.focused()).not.toMatch(/Cherries|nothing/);

    // A direct conversation is closed in all tabs, until its next message.
    const asPia = apiWith(server.url, accessToken);
    const direct = await asPia('POST', '/conversations/direct', {
      account: (await api('GET', '/me')).id,
    });
    const post = (body: string) => asPia('POST', `/conversations/${direct.id}/messages`, { body });
    const inDirect = (page: Page) => namesIn(page, 'Direct messages');
    const closeInMenu = async () => {
      await row('Pia Posts').getByRole('link').click({ button: 'right' });
      await sid.page.getByRole('menuitem', { name: 'Close conversation' }).click();
      await expect.poll(() => inDirect(sid.page)).toEqual([]);
      await expect.poll(() => inDirect(tab)).toEqual([]);
    };
    await post('Do you have a minute?');
    await expect.poll(() => inDirect(tab)).toHaveLength(1);
    await sid.page.getByRole('link', { name: 'Pia Posts 1 unread' }).click({ button: 'right' });
    await sid.page.getByRole('menuitem', { name: 'Close conversation' }).click();
    await expect.poll(() => inDirect(tab)).toEqual([]);
    await sid.page.getByRole('button', { name: 'Undo' }).click();
    await tab.getByRole('link', { name: 'Pia Posts 1 unread' }).waitFor();
    await row('Pia Posts 1 unread').getByRole('link').click();
    await sid.page.getByRole('heading', { level: 1, name: 'Pia Posts' }).waitFor();
    await closeInMenu();
    // The conversation that was open before is shown.
    await sid.page.getByRole('heading', { level: 1, name: 'Cherries' }).waitFor();
    await post('Still there?');
    await tab.getByRole('link', { name: 'Pia Posts 1 unread' }).waitFor();
    await tab.close();
  });

  test('the quick switcher finds conversations, messages and commands with the keyboard', async () => {
    const kit = await visitors.arrive();
    await kit.register('kit', 'Kit Keys');
    await kit.createGroup('Orchids and ferns');
    // A group without messages suggests first steps.
    await kit.page.getByRole('button', { name: 'Add a description' }).click();
    const description = kit.page.getByRole('textbox', { name: 'Description' });
    await expect.poll(() => isFocused(description)).toBe(true);
    await kit.page.keyboard.press('Escape');
    await kit.page.getByRole('button', { name: 'Write the first message' }).click();
    await kit.write('A pomegranate');
    await kit.sees('A pomegranate');
    await kit.open('everyone');
    const { keyboard } = kit.page;
    const field = kit.page.getByRole('combobox', { name: 'Search people, groups' });
    const choose = async (text: string, name: RegExp) => {
      await keyboard.press('Control+k');
      const option = kit.page.getByRole('option', { name });
      // A message is found shortly after it was posted, and further typing searches again.
      const isFound = async () => {
        await field.fill('');
        await field.fill(text);
        return await option.waitFor({ timeout: 3_000 }).then(
          () => true,
          () => false,
        );
      };
      await expect.poll(isFound).toBe(true);
      // Moves down to it; the first result is already highlighted. Answers of the server may add
      // results before it.
      for (let n = 0; (await option.getAttribute('aria-selected')) !== 'true'; n++) {
        if (n === 50)
          throw new Error(
            `Still highlighted: ${await field.getAttribute('aria-activedescendant')}`,
          );
        await keyboard.press('ArrowDown');
      }
      expect(await field.getAttribute('aria-activedescendant')).toBe(
        await option.getAttribute('id'),
      );
      await keyboard.press('Enter');
      await field.waitFor({ state: 'detached' });
    };
    await choose('orch fer', /^Orchids and ferns/);
    await kit.page.getByRole('heading', { level: 1, name: 'Orchids and ferns' }).waitFor();
    await kit.open('everyone');
    await choose('pomegran', /^A pomegranate/);
    await kit.sees('A pomegranate');
    await choose('dark', /^Switch to dark mode/);
    await expect
      .poll(() => kit.page.evaluate(() => document.documentElement.dataset.theme))
      .toBe('dark');
    // Commands are also found by the words of other programs.
    await choose('new channel', /^Create a group/);
    await kit.page
      .getByRole('dialog')
      .getByLabel('Name', { exact: true })
      .fill('orchids and Ferns ');
    await kit.page.getByText('There’s already a group with this name.').waitFor();
    await keyboard.press('Escape');
    await kit.page.getByRole('dialog').waitFor({ state: 'detached' });
    // Opened again while it closes.
    await keyboard.press('Control+k');
    await field.waitFor();
    await Promise.all([keyboard.press('Escape'), keyboard.press('Control+k')]);
    await field.waitFor();
    await expect.poll(() => isFocused(field)).toBe(true);
    await keyboard.press('Escape');
    await field.waitFor({ state: 'detached' });
    // The name of a command is not searched for, and the focus is not lost with the previous page.
    await keyboard.press('Control+k');
    await field.fill('settings');
    await keyboard.press('Enter');
    await kit.page.getByRole('heading', { level: 1, name: 'Profile' }).waitFor();
    await expect.poll(() => isFocused(kit.page.getByRole('main'))).toBe(true);
  });

  test('touch input has its own menu', async () => {
    const cat = await visitors.arrive({ width: 360, height: 740, touch: true });
    await cat.register('cat', 'Cat Thumbs');
    await cat.open('everyone');
    await cat.write('Typed with thumbs, and long enough to need a second line on a phone');
    await cat.sees('Typed with thumbs');
    await cat.message('Typed with thumbs').getByRole('button', { name: 'Message actions' }).tap();
    await cat.page.getByRole('button', { name: 'React with 🎉' }).tap();
    await cat.page.getByRole('button', { name: /🎉 1 by you/ }).waitFor();

    // A list that has just scrolled, as it does with its end, does not ignore the finger.
    expect(
      await cat.message('Typed with thumbs').evaluate(async (article) => {
        const log = article.closest('[role="log"]');
        const frames = () =>
          new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        log?.scrollBy(0, -20);
        await frames();
        const { left, width, top, height } = article.getBoundingClientRect();
        const hit = document.elementFromPoint(left + width / 2, top + height / 2);
        log?.scrollBy(0, 20);
        return article.contains(hit);
      }),
    ).toBe(true);
    await cat.press('Typed with thumbs');
    await cat.page.getByRole('button', { name: 'Edit message' }).tap();
    const edit = cat.page.getByRole('textbox', { name: 'Edit message' });
    await edit.fill('Edited with thumbs');
    await cat.page.getByRole('button', { name: 'Save', exact: true }).tap();
    await cat.sees('Edited with thumbs');
    expect(await sideways(cat.page)).toBe(0);

    await cat.swipe('Edited with thumbs');
    await cat.page.getByRole('region', { name: 'Replying to' }).waitFor();
    await cat.page.getByRole('button', { name: 'Cancel reply' }).tap();

    await cat.press('Edited with thumbs');
    await cat.page.getByRole('button', { name: 'Delete message' }).tap();
    await cat.page.getByText('This message was deleted').waitFor();
  });

  test('refusals of the server are shown', async () => {
    const here = await visitors.arrive();
    await here.register('dee', 'Dee Twice');
    await here.open('everyone');
    await here.write('Soon to be gone');
    await here.sees('Soon to be gone');
    const there = await visitors.arrive();
    await there.login('dee', PASSWORD);
    await there.open('everyone');

    // The actions are loaded when the page is idle, and have no service worker here.
    await here.message('Soon to be gone').hover();
    await here.message('Soon to be gone').getByRole('button', { name: 'More actions' }).waitFor();
    await here.context.setOffline(true);
    await here.choose(here.message('Soon to be gone'), 'Edit message');
    const edit = here.page.getByRole('textbox', { name: 'Edit message' });
    await edit.fill('Too late');
    await edit.press('Enter');
    await there.message('Soon to be gone').hover();
    await there.choose(there.message('Soon to be gone'), 'Delete message');
    await there.page
      .getByRole('article', { name: 'Dee Twice' })
      .getByText('This message was deleted')
      .waitFor();
    await here.context.setOffline(false);
    const toast = here.page
      .locator('[data-sonner-toast]')
      .filter({ hasText: 'Couldn’t save your edit' });
    await toast.getByText('This message was deleted').waitFor();
  });

  test('a message for a user in another window is shown as a notification by the service worker', async () => {
    const eli = await visitors.arrive({ worker: true, notifications: true });
    await eli.register('eli', 'Eli Elsewhere');
    await eli.page.evaluate(() => {
      document.hasFocus = () => false;
    });
    const fia = await aWriter(server.url, 'fia', 'Fia Here');
    await fia.write('Where are you, Eli?');
    await expect
      .poll(() => notified(eli.page))
      .toEqual(['Fia Here in everyone: Where are you, Eli?']);
  });
});

const isFocused = (element: Locator): Promise<boolean> =>
  element.evaluate((node) => node === document.activeElement);

/** Makes the frames of the page take this time, ms, while its timers remain exact: rows are measured with a frame. */
function slowFrames(ms: number): void {
  window.requestAnimationFrame = (callback) =>
    window.setTimeout(() => callback(performance.now()), ms);
  const Observer = window.ResizeObserver;
  window.ResizeObserver = class extends Observer {
    constructor(callback: ResizeObserverCallback) {
      super((entries, observer) => void setTimeout(() => callback(entries, observer), ms));
    }
  };
}
