import { timingSafeEqual } from 'node:crypto';
import { AccountId, type ClientId } from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Vault } from '../encryption/vault.ts';
import { htmlPage } from '../http/html.ts';
import type { Append } from '../stream/append.ts';
import { assertStored } from '../stream/append.ts';
import { preferredLocale } from '../texts/accept-language.ts';
import { escapeHtml } from '../texts/escape-html.ts';
import { type Texts, textsFor } from '../texts/texts.ts';
import { changeSettings } from './commands.ts';

/**
 * The link with which recipients turn off the emails about missed messages, without a login (RFC
 * 8058). Its signed token names the account, grants nothing else, and does not expire, because the
 * link may be in an old email.
 */

const PATH = '/unsubscribe';
const ID_BYTES = 16;
const MAC_BYTES = 16;
const BODY_BYTES = 4_096;

const macOf = (vault: Vault, account: AccountId) =>
  vault.mac('unsubscribe', account).subarray(0, MAC_BYTES);

/** Returns the link of an account. */
export function unsubscribeUrl(vault: Vault, server: string, account: AccountId): string {
  const id = Buffer.from(account.replaceAll('-', ''), 'hex');
  const token = Buffer.concat([id, macOf(vault, account)]).toString('base64url');
  return `${server}${PATH}?token=${token}`;
}

/** Returns the account that a token names; null if it was not signed by this server. */
export function accountOfToken(vault: Vault, token: string): AccountId | null {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== ID_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return null;
  const hex = bytes.subarray(0, ID_BYTES).toString('hex');
  const { data: account } = AccountId.safeParse(
    hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  );
  if (account === undefined) return null;
  return timingSafeEqual(macOf(vault, account), bytes.subarray(ID_BYTES)) ? account : null;
}

interface UnsubscribeDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly vault: Vault;
}

/** Returns an account that has not been deleted. One that is suspended may unsubscribe. */
async function recipientOf(
  pool: pg.Pool,
  account: AccountId,
): Promise<{ locale: string | null } | undefined> {
  const { rows } = await pool.query<{ locale: string | null }>({
    name: 'unsubscribe-recipient',
    text: 'select locale from accounts where id = $1 and deleted_at is null',
    values: [account],
  });
  return rows[0];
}

const tokenOf = (query: unknown): string => {
  const { token } = query as { token?: unknown };
  return typeof token === 'string' ? token : '';
};

/** Sends a page; `parts` are HTML, after its heading. */
const page = (
  reply: FastifyReply,
  status: number,
  texts: Texts,
  title: string,
  ...parts: readonly string[]
) =>
  reply
    .status(status)
    .headers({ 'cache-control': 'no-store', 'x-robots-tag': 'noindex' })
    .type('text/html; charset=utf-8')
    .send(
      htmlPage(`${title} · Parley`, [`<h1>${escapeHtml(title)}</h1>`, ...parts].join('\n'), texts),
    );

const paragraph = (text: string) => `<p>${escapeHtml(text)}</p>`;
const settingsLink = ({ t }: Texts) =>
  `<p><a href="/settings/notifications">${escapeHtml(t('unsubscribe.settings'))}</a></p>`;

/** The account of an invalid link is unknown, so its page is in the language of the browser. */
const invalid = (request: FastifyRequest, reply: FastifyReply) => {
  const texts = textsFor(preferredLocale(request.headers['accept-language']));
  const { t } = texts;
  const title = t('unsubscribe.invalidTitle');
  return page(reply, 404, texts, title, paragraph(t('unsubscribe.invalid')), settingsLink(texts));
};

/** Registers the page that asks for confirmation, and the POST that email clients send as well. */
export function unsubscribeRoutes(
  app: FastifyInstance,
  { pool, append, vault }: UnsubscribeDeps,
): void {
  app.register(async (scope) => {
    // Email clients send a form that says “List-Unsubscribe=One-Click”; the token is in the URL.
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data']) {
      scope.addContentTypeParser(
        type,
        { parseAs: 'string', bodyLimit: BODY_BYTES },
        (_request, _body, done) => done(null, null),
      );
    }

    scope.get(PATH, { schema: { hide: true } }, async (request, reply) => {
      const token = tokenOf(request.query);
      const account = accountOfToken(vault, token);
      const recipient = account && (await recipientOf(pool, account));
      if (!recipient) return invalid(request, reply);
      const texts = textsFor(recipient.locale);
      const { t } = texts;
      // GET changes nothing, because virus scanners follow all links of an email.
      return page(
        reply,
        200,
        texts,
        t('unsubscribe.title'),
        paragraph(t('unsubscribe.intro')),
        `<form method="post" action="${PATH}?token=${escapeHtml(token)}"><button>${escapeHtml(t('unsubscribe.submit'))}</button></form>`,
      );
    });

    scope.post(PATH, { schema: { hide: true } }, async (request, reply) => {
      const actor = accountOfToken(vault, tokenOf(request.query));
      const recipient = actor && (await recipientOf(pool, actor));
      if (!actor || !recipient) return invalid(request, reply);
      const clientId = uuidv7() as ClientId;
      assertStored(
        await changeSettings(append, { actor, clientId }, { emailDelayMinutes: null }),
        'An account could not be unsubscribed',
      );
      const texts = textsFor(recipient.locale);
      const { t } = texts;
      const title = t('unsubscribe.doneTitle');
      return page(reply, 200, texts, title, paragraph(t('unsubscribe.done')), settingsLink(texts));
    });
  });
}
