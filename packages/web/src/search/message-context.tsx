import type { Message } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Excerpt } from '../emoji/excerpt.tsx';
import { errorMessage } from '../lib/text.ts';
import { timeOfDay } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { useNames } from '../users/use-names.ts';

/** How many messages are shown around a found one, including itself. */
const AROUND = 5;
/** Maximum length of a text, in characters. */
const EXCERPT = 300;
const NONE: readonly Message[] = [];

/** Shows the messages before and after a found message; for a reply, those in its thread. */
export function MessageContext({ message }: { message: Message }) {
  const client = useClient();
  const { conversation, seq, thread } = message;
  const { data, error } = useQuery({
    queryKey: keys.messageContext(conversation, seq),
    queryFn: async ({ signal }) => {
      const { api } = client;
      const request = { around: seq, limit: AROUND };
      if (thread === null) return (await api.history(conversation, request, { signal })).items;
      const page = await api.thread(conversation, thread, request, { signal });
      return [page.root, ...page.items];
    },
  });
  const messages = data ?? NONE;
  const nameOf = useNames(useMemo(() => messages.map(({ author }) => author), [messages]));
  if (error !== null) {
    return (
      <p role="alert" className="px-3 py-1 text-danger text-sm">
        {errorMessage(error)}
      </p>
    );
  }
  return (
    <ol
      aria-label={t('search.context')}
      aria-busy={data === undefined}
      className="ms-14 mb-2 border-line border-s-2 ps-3"
    >
      {messages.map(({ seq: at, author, body, mentions, postedAt }) => (
        <li
          key={at}
          aria-current={at === seq || undefined}
          className={cx('py-0.5 text-sm', at === seq ? 'text-ink' : 'text-soft')}
        >
          <bdi className="font-semibold">{nameOf(author)}</bdi>{' '}
          <time dateTime={postedAt} className="text-caption text-muted">
            {timeOfDay(postedAt)}
          </time>
          <span dir="auto" className="line-clamp-3 break-words">
            {body === '' ? (
              t('search.noText')
            ) : (
              <Excerpt text={body} mentions={mentions} characters={EXCERPT} />
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
