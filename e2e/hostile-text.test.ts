import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Api,
  apiOf,
  apiWith,
  type BuiltServer,
  CHROMIUM,
  PASSWORD,
  startBuiltServer,
  upload,
  type Visitor,
  Visitors,
} from './support.ts';

/** Would add an element and run a script wherever it is interpreted as HTML. */
const IMAGE = '<img src=x data-hostile onerror=hit=1>';
const MESSAGES = [
  IMAGE,
  '<script data-hostile>hit=1</script>',
  '"><svg data-hostile onload=hit=1>',
  '<a href="javascript:hit=1" data-hostile>click</a>',
  '<iframe data-hostile srcdoc="<script>parent.hit=1</script>"></iframe>',
  '[click](javascript:hit=1) [click](JaVaScRiPt:hit=1) [click](data:text/html,<script>hit=1</script>)',
  '[click](\u0001javascript:hit=1) [click](java\tscript:hit=1) [click](vbscript:hit=1)',
  '![click](javascript:hit=1) <javascript:hit=1> [x]: javascript:hit=1',
  `\`${IMAGE}\` **${IMAGE}** > ${IMAGE}`,
  `\`\`\`js\n${IMAGE}\n</code></pre>${IMAGE}\n\`\`\``,
  `> ${IMAGE}\n\n- ${IMAGE}\n\n| a | ${IMAGE} |\n|---|---|\n| b | ${IMAGE} |`,
  '\u202e[moc.elpmaxe](https://example.net/#1) https://example.net/#gro.elpmaxe//:sptth `abc`',
  'https://example.org/"onmouseover="hit=1 https://example.org/<img/src=x/onerror=hit=1>',
];

/** A page with hostile metadata. */
const ESCAPED = IMAGE.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const LINKED_PAGE = `<!doctype html><title>${ESCAPED}</title>
<meta property="og:title" content="${ESCAPED}"><meta property="og:site_name" content="${ESCAPED}">
<meta property="og:description" content="${ESCAPED}"><meta property="og:url" content="javascript:hit=1">
<meta property="og:image" content="javascript:hit=1">`;

/** The pages that show texts by users, with a text that indicates that they have loaded. */
const PAGES: readonly (readonly [path: string, text: string])[] = [
  ['/threads', IMAGE],
  ['/activity', IMAGE],
  ['/scheduled', IMAGE],
  ['/drafts', IMAGE],
  ['/saved', IMAGE],
  ['/search?q=hit', IMAGE],
  ['/user-groups', IMAGE],
  ['/settings/profile', 'Profile'],
  ['/settings/notifications', 'Keywords'],
  ['/settings/sessions', 'Sessions'],
  ['/admin/users', IMAGE],
  ['/admin/invitations', 'hostile@example.org'],
  ['/admin/user-groups', IMAGE],
  ['/admin/service-accounts', IMAGE],
  ['/admin/reports', IMAGE],
  ['/admin/audit-log', IMAGE],
  ['/admin/legal-holds', IMAGE],
  ['/admin/emails', `${IMAGE} invited you to Parley`],
  ['/admin/server', 'Word filter'],
  ['/admin/settings', 'PUBLIC_URL'],
];

/** Returns the effects of hostile text on a page, which should be none. */
const achieved = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const bad = document.querySelectorAll(
      '[data-hostile], [onerror], [onload], [onmouseover], script:not([src]), style, iframe, object, embed, base',
    );
    const links = [...document.querySelectorAll('[href], [src], [action]')].filter((element) =>
      ['href', 'src', 'action'].some((name) => {
        const url = element.getAttribute(name);
        if (url === null) return false;
        const { protocol } = new URL(url, location.href);
        return /^(javascript|vbscript):$/.test(protocol) || url.startsWith('data:text');
      }),
    );
    const hits = 'hit' in window ? ['a script ran'] : [];
    return [...hits, ...[...bad, ...links].map(({ outerHTML }) => outerHTML.slice(0, 200))];
  });

/** Returns the links and code of a message whose last character is left of the first one. */
const reversedIn = (message: Locator): Promise<(string | null)[]> =>
  message.evaluate((article) => {
    const parts = [...article.querySelectorAll('a[target], code')];
    if (parts.length < 3) throw new Error(`${parts.length} links and codes`);
    const leftOf = (text: Node, at: number) => {
      const range = document.createRange();
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      return range.getBoundingClientRect().left;
    };
    const isReversed = ({ firstChild: text }: Element) =>
      text !== null && leftOf(text, (text.textContent ?? '').length - 1) < leftOf(text, 0);
    return parts.filter(isReversed).map(({ textContent }) => textContent);
  });

describe.skipIf(CHROMIUM === undefined)('text of others', () => {
  let server: BuiltServer;
  const visitors = new Visitors(() => server.url);
  const linked = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end(LINKED_PAGE);
  });
  const portOfLinked = () => (linked.address() as AddressInfo).port;
  beforeAll(async () => {
    await new Promise<void>((resolve) => linked.listen(0, '127.0.0.1', resolve));
    server = await startBuiltServer({
      LINK_PREVIEWS: 'on',
      LINK_PREVIEW_NETWORKS: '127.0.0.1/32',
      LINK_PREVIEW_PORTS: String(portOfLinked()),
    });
  });
  afterAll(async () => {
    await server?.stop();
    await new Promise((resolve) => linked.close(resolve));
  });

  /** Registers the author of the hostile texts. */
  async function registerAuthor(): Promise<{ asAuthor: Api; token: string }> {
    const body = {
      username: 'xavi',
      displayName: IMAGE,
      email: 'xavi@example.org',
      password: PASSWORD,
    };
    const answer = await apiWith(server.url)('POST', '/auth/register', body);
    const token = String(answer.accessToken);
    return { asAuthor: apiWith(server.url, token), token };
  }

  /** Writes hostile texts into a group. Returns its id, and the first message. */
  async function fillGroup(asAdmin: Api, asAuthor: Api, file: string) {
    const { id: adminId } = await asAdmin('GET', '/me');
    const group = { name: IMAGE, visibility: 'public', members: [adminId] };
    const { id } = await asAuthor('POST', '/conversations', group);
    const at = `/conversations/${id}`;
    await asAuthor('PATCH', at, { topic: IMAGE, description: IMAGE });
    const seqs: unknown[] = [];
    for (const body of MESSAGES)
      seqs.push((await asAuthor('POST', `${at}/messages`, { body })).seq);
    const [first, second] = seqs;
    for (const more of [
      { thread: first, body: `@hana ${IMAGE}` },
      { replyTo: first, body: `${IMAGE} https://example.org/` },
      { body: IMAGE, attachments: [file] },
      { body: `http://127.0.0.1:${portOfLinked()}/` },
    ]) {
      await asAuthor('POST', `${at}/messages`, more);
    }
    await asAdmin('POST', `${at}/messages`, { body: IMAGE, thread: first });
    await asAuthor('PATCH', `${at}/messages/${second}`, { body: `${MESSAGES[1]} edited` });
    await asAuthor('PUT', `${at}/messages/${first}/pin`);
    await asAuthor('POST', `${at}/polls`, { question: IMAGE, choices: [IMAGE, `${IMAGE}2`] });
    return { id: String(id), first: Number(first) };
  }

  /** Writes hostile texts everywhere else an account can write. */
  async function fillRest(asAdmin: Api, asAuthor: Api, group: { id: string; first: number }) {
    const { id, first } = group;
    for (const api of [asAdmin, asAuthor]) {
      await api('PATCH', '/me', { displayName: IMAGE, title: IMAGE, pronouns: IMAGE });
      await api('PATCH', '/me/status', { text: IMAGE, emoji: '🎉' });
    }
    const message = `/conversations/${id}/messages/${first}`;
    await asAdmin('POST', `${message}/report`, { reason: 'other', comment: IMAGE });
    await asAdmin('PUT', `${message}/saved`, {});
    await asAdmin('PUT', `${message}/reactions/${encodeURIComponent('👍')}`);
    await asAdmin('PUT', `/me/drafts/${id}`, { body: IMAGE });
    const sendAt = new Date(Date.now() + 86_400_000).toISOString();
    await asAdmin('POST', '/me/scheduled', { conversation: id, body: IMAGE, sendAt });
    await asAdmin('POST', '/me/sidebar/sections', { name: IMAGE });
    await asAdmin('POST', '/admin/user-groups', { name: 'hostile', title: IMAGE });
    const bot = { username: 'hostile-bot', displayName: IMAGE };
    const { id: botId } = await asAdmin('POST', '/admin/service-accounts', bot);
    const key = { name: IMAGE, scopes: ['messages:write'] };
    await asAdmin('POST', `/admin/service-accounts/${botId}/keys`, key);
    await asAdmin('POST', '/admin/invitations', { email: 'hostile@example.org' });
    await asAdmin('PATCH', '/admin/server-settings', { name: IMAGE });
    const hold = { name: IMAGE, reason: IMAGE, conversations: [id] };
    await asAdmin('POST', '/admin/legal-holds', hold);
    const words = [{ text: '<img onerror=hit>', action: 'flag' }];
    await asAdmin('PUT', '/admin/word-filter', { words, revision: 0 });
  }

  /** Opens what the page of a conversation shows only on demand, and expects no effects there. */
  async function lookAround({ page }: Visitor, id: string, first: number) {
    const shown = async (what: string) => expect(await achieved(page), what).toEqual([]);
    const dialog = page.getByRole('dialog');
    await page.goto(`/c/${id}`);
    await page.getByRole('heading', { level: 1, name: IMAGE }).waitFor();
    for (const text of ['<script data-hostile>', '<iframe data-hostile', '<a href="javascript:']) {
      await page.getByRole('article').filter({ hasText: text }).first().waitFor();
    }
    const preview = page.getByRole('article').filter({ hasText: `127.0.0.1:${portOfLinked()}` });
    await preview.filter({ hasText: IMAGE }).last().waitFor();
    await shown('conversation');
    expect(await reversedIn(page.getByRole('article').filter({ hasText: 'moc.elpmaxe' }))).toEqual(
      [],
    );
    expect(await page.title()).toContain(IMAGE);

    await page.getByRole('button', { name: '(edited)' }).first().click();
    await dialog.getByText('<script data-hostile>').first().waitFor();
    await shown('edit history');
    await page.keyboard.press('Escape');

    await page.getByRole('article').getByRole('button', { name: IMAGE }).first().click();
    await dialog.getByText(IMAGE).first().waitFor();
    await shown('profile card');
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Details and members' }).click();
    await dialog.getByText(IMAGE).first().waitFor();
    await shown('details');
    await page.keyboard.press('Escape');

    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('img');
    await page.getByRole('option', { name: IMAGE }).first().waitFor();
    await shown('switcher');
    await page.keyboard.press('Escape');

    const field = page.getByRole('textbox', { name: /^Message / });
    await field.fill(`${MESSAGES.join('\n\n')}\n\n`);
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('region', { name: 'Message preview' }).waitFor();
    await shown('preview');
    // Leaves the preview.
    await page.goto(`/c/${id}`);
    await field.fill('');
    await field.pressSequentially('@xav');
    await page.getByRole('option', { name: IMAGE }).first().waitFor();
    await shown('completions');
    // Remains as the draft.
    await field.fill(IMAGE);

    await page.goto(`/c/${id}?thread=${first}`);
    await page.getByRole('complementary').getByText(`@`).first().waitFor();
    await shown('thread');
  }

  test('is shown literally, and never becomes HTML, a script or an unsafe link', async () => {
    // All messages fit into the window: those below the line “New” are not rendered otherwise.
    const admin = await visitors.arrive({ height: 3_000 });
    await admin.register('hana', 'Hana Admin');
    const { page } = admin;
    const asAdmin = await apiOf(page);
    const { asAuthor, token } = await registerAuthor();
    const file = { name: `${IMAGE}.html`, text: '<script>hit=1</script>' };
    const group = await fillGroup(asAdmin, asAuthor, await upload(server.url, token, file));
    await fillRest(asAdmin, asAuthor, group);
    const link = await asAuthor('POST', `/conversations/${group.id}/links`, {});
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.url)) {
        foreign.push(request.url());
      }
    });

    await lookAround(admin, group.id, group.first);
    const { pathname, hash } = new URL(String(link.url));
    for (const [path, text] of [...PAGES, [pathname + hash, IMAGE] as const]) {
      await page.goto(path);
      await page.getByRole('main').getByText(text).first().waitFor({ state: 'attached' });
      expect(await achieved(page), path).toEqual([]);
    }
    const visitor = await visitors.arrive();
    await visitor.openFirstPage();
    await visitor.page.getByText(IMAGE).first().waitFor();
    expect(await achieved(visitor.page), 'welcome').toEqual([]);
    expect(foreign).toEqual([]);
  });
});
