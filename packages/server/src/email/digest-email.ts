import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type { Texts } from '../texts/texts.ts';
import { type HtmlPart, htmlOf } from './html.ts';
import type { EmailContent } from './transport.ts';

/** The email about messages that an account has missed. */

/** A conversation with messages that were missed. */
export interface DigestConversation {
  readonly id: ConversationId;
  /** The name of the group, or of the author of direct messages. */
  readonly name: string;
  readonly isGroup: boolean;
  readonly messages: DigestShown[];
}

/** A message as an email shows it. */
export interface DigestShown {
  readonly seq: Seq;
  readonly author: string;
  readonly text: string;
  readonly postedAt: Date;
}

/** The content of an email about missed messages. */
export interface Digest {
  readonly account: AccountId;
  /** The URL of the server. */
  readonly server: string;
  readonly conversations: readonly DigestConversation[];
  /** The number of further messages. */
  readonly others: number;
  /** Whether names and texts are shown; otherwise only the number of messages. */
  readonly showsContent: boolean;
  readonly unsubscribeUrl: string;
  /** The IANA name of the recipient's time zone; null if unknown. */
  readonly timeZone: string | null;
  /** The texts in the language of the recipient. */
  readonly texts: Texts;
}

/**
 * Returns the email. Emails about one conversation have the same subject, so that clients group
 * them.
 */
export function digestEmail(digest: Digest): EmailContent {
  const { account, server, conversations, others, showsContent, unsubscribeUrl, texts } = digest;
  const shownCount = conversations.reduce((sum, { messages }) => sum + messages.length, 0);
  const count = shownCount + others;
  const [only] = conversations;
  const subject =
    showsContent && only && conversations.length === 1 && others === 0
      ? titleOf(only, texts)
      : texts.t('digest.subject');
  const intro = texts.t('digest.intro', { count });
  const settingsUrl = `${server}/settings/notifications`;
  const parts = {
    intro,
    settingsUrl,
    more: others > 0 && showsContent ? texts.t('digest.more', { count: others }) : null,
  };
  return {
    subject,
    text: textOf(digest, parts),
    html: htmlOf(texts.locale, subject, bodyOf(digest, parts)),
    threads: conversations.slice(0, THREADS_MAX).map(({ id }) => `${id}.${account}`),
    unsubscribeUrl,
  };
}

/** The maximum number of conversations by which clients group the email. */
const THREADS_MAX = 10;

interface Parts {
  readonly intro: string;
  readonly settingsUrl: string;
  readonly more: string | null;
}

const linkOf = (server: string, id: ConversationId, seq: Seq) => `${server}/c/${id}#message-${seq}`;

const titleOf = ({ isGroup, name }: DigestConversation, { t }: Texts): string =>
  isGroup ? t('digest.subjectGroup', { name }) : t('digest.subjectDirect', { name });

function timeOf(at: Date, { timeZone, texts }: Digest): string {
  return new Intl.DateTimeFormat(texts.locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: timeZone ?? 'UTC',
    ...(timeZone === null && { timeStyle: 'long' as const }),
  }).format(at);
}

function textOf(digest: Digest, { intro, settingsUrl, more }: Parts): string {
  const { server, conversations, showsContent, unsubscribeUrl, texts } = digest;
  const { t } = texts;
  const sections = showsContent
    ? conversations.map((conversation) => {
        const { id, messages } = conversation;
        const heading = titleOf(conversation, texts);
        const entries = messages.map(
          ({ author, text, postedAt }) =>
            `${author}, ${timeOf(postedAt, digest)}\n${text.replace(/^/gm, '  ')}`,
        );
        const link = `${t('digest.open')}: ${linkOf(server, id, messages[0]?.seq ?? (1 as Seq))}`;
        return [heading, ...entries, link].join('\n\n');
      })
    : [`${t('digest.open')}: ${server}/`];
  return [
    intro,
    ...sections,
    ...(more === null ? [] : [more]),
    `--\n${t('email.footer', { server })}\n${t('digest.settings')}: ${settingsUrl}\n${t('digest.unsubscribe')}: ${unsubscribeUrl}\n`,
  ].join('\n\n');
}

/** Returns the HTML of the email as parts; `text` is escaped. */
function bodyOf(digest: Digest, { intro, settingsUrl, more }: Parts): HtmlPart[] {
  const { server, conversations, showsContent, unsubscribeUrl, texts } = digest;
  const { t } = texts;
  return [
    { kind: 'paragraph', text: intro },
    ...(showsContent
      ? conversations.flatMap((conversation): HtmlPart[] => [
          { kind: 'heading', text: titleOf(conversation, texts) },
          ...conversation.messages.map(
            ({ author, text, postedAt }): HtmlPart => ({
              kind: 'quote',
              by: author,
              at: timeOf(postedAt, digest),
              text,
            }),
          ),
          {
            kind: 'link',
            text: t('digest.open'),
            url: linkOf(server, conversation.id, conversation.messages[0]?.seq ?? (1 as Seq)),
          },
        ])
      : [{ kind: 'link', text: t('digest.open'), url: `${server}/` } as const]),
    ...(more === null ? [] : [{ kind: 'paragraph', text: more } as const]),
    {
      kind: 'footer',
      text: t('email.footer', { server }),
      links: [
        { text: t('digest.settings'), url: settingsUrl },
        { text: t('digest.unsubscribe'), url: unsubscribeUrl },
      ],
    },
  ];
}
