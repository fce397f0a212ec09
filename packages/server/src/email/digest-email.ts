import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import { type HtmlPart, htmlOf } from './html.ts';
import { fillText } from './templates.ts';
import { en } from './texts.en.ts';
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

/** What an email about missed messages is composed of. */
export interface Digest {
  readonly account: AccountId;
  /** The URL of the server. */
  readonly server: string;
  readonly conversations: readonly DigestConversation[];
  /** The number of messages that are not among them. */
  readonly others: number;
  /** Whether names and texts are shown; otherwise the email says only how many messages there are. */
  readonly showsContent: boolean;
  readonly unsubscribeUrl: string;
  /** The IANA name of the recipient's time zone; null: not known. */
  readonly timeZone: string | null;
}

/** Returns the email. Those about one conversation have the same subject, and clients group them. */
export function digestEmail(digest: Digest): EmailContent {
  const { account, server, conversations, others, showsContent, unsubscribeUrl } = digest;
  const shown = conversations.reduce((sum, { messages }) => sum + messages.length, 0);
  const count = shown + others;
  const texts = en.digest;
  const [only] = conversations;
  const subject =
    showsContent && only && conversations.length === 1 && others === 0
      ? fillText(only.isGroup ? texts.subjectGroup : texts.subjectDirect, { name: only.name })
      : texts.subject;
  const intro = fillText(count === 1 ? texts.introOne : texts.intro, { count: String(count) });
  const settingsUrl = `${server}/settings/notifications`;
  const parts = {
    intro,
    settingsUrl,
    more: others > 0 && showsContent ? fillText(texts.more, { count: String(others) }) : null,
  };
  return {
    subject,
    text: textOf(digest, parts),
    html: htmlOf(subject, bodyOf(digest, parts)),
    threads: conversations.slice(0, THREADS_MAX).map(({ id }) => `${id}.${account}`),
    unsubscribeUrl,
  };
}

/** Conversations with which clients group the email. */
const THREADS_MAX = 10;

interface Parts {
  readonly intro: string;
  readonly settingsUrl: string;
  readonly more: string | null;
}

const linkOf = (server: string, id: ConversationId, seq: Seq) => `${server}/c/${id}#message-${seq}`;

function timeOf(at: Date, timeZone: string | null): string {
  return new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: timeZone ?? 'UTC',
    ...(timeZone === null && { timeStyle: 'long' as const }),
  }).format(at);
}

function textOf(digest: Digest, { intro, settingsUrl, more }: Parts): string {
  const { server, conversations, showsContent, unsubscribeUrl, timeZone } = digest;
  const texts = en.digest;
  const sections = showsContent
    ? conversations.map(({ id, name, isGroup, messages }) => {
        const heading = fillText(isGroup ? texts.subjectGroup : texts.subjectDirect, { name });
        const entries = messages.map(
          ({ author, text, postedAt }) =>
            `${author}, ${timeOf(postedAt, timeZone)}\n${text.replace(/^/gm, '  ')}`,
        );
        const link = `${texts.open}: ${linkOf(server, id, messages[0]?.seq ?? (1 as Seq))}`;
        return [heading, ...entries, link].join('\n\n');
      })
    : [`${texts.open}: ${server}/`];
  return [
    intro,
    ...sections,
    ...(more === null ? [] : [more]),
    `--\n${fillText(en.footer, { server })}\n${texts.settings}: ${settingsUrl}\n${texts.unsubscribe}: ${unsubscribeUrl}\n`,
  ].join('\n\n');
}

/** Returns the HTML of the email as parts: what is in `text` is escaped. */
function bodyOf(digest: Digest, { intro, settingsUrl, more }: Parts): HtmlPart[] {
  const { server, conversations, showsContent, unsubscribeUrl, timeZone } = digest;
  const texts = en.digest;
  return [
    { kind: 'paragraph', text: intro },
    ...(showsContent
      ? conversations.flatMap(({ id, name, isGroup, messages }): HtmlPart[] => [
          {
            kind: 'heading',
            text: fillText(isGroup ? texts.subjectGroup : texts.subjectDirect, { name }),
          },
          ...messages.map(
            ({ author, text, postedAt }): HtmlPart => ({
              kind: 'quote',
              by: author,
              at: timeOf(postedAt, timeZone),
              text,
            }),
          ),
          {
            kind: 'link',
            text: texts.open,
            url: linkOf(server, id, messages[0]?.seq ?? (1 as Seq)),
          },
        ])
      : [{ kind: 'link', text: texts.open, url: `${server}/` } as const]),
    ...(more === null ? [] : [{ kind: 'paragraph', text: more } as const]),
    {
      kind: 'footer',
      text: fillText(en.footer, { server }),
      links: [
        { text: texts.settings, url: settingsUrl },
        { text: texts.unsubscribe, url: unsubscribeUrl },
      ],
    },
  ];
}
