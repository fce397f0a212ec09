import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import type { Ending } from './ending.ts';

/** Explains why a conversation is gone, and offers the unsent text for copying. */
export function Removed({
  title,
  ending,
  unsent,
}: {
  title: string;
  ending: Ending;
  /** The draft, and messages that were not sent yet. */
  unsent: readonly string[];
}) {
  const users = useParley((s) => s.users);
  const heading = useRef<HTMLHeadingElement>(null);
  // The focused element was removed with the conversation.
  useEffect(() => heading.current?.focus(), []);
  const remover = ending.how === 'removed' ? users.get(ending.by)?.displayName : undefined;
  const description = {
    removed: () =>
      remover === undefined ? (
        t('removed.byOwner')
      ) : (
        <RichText text="removed.by" parts={{ name: <bdi>{remover}</bdi> }} />
      ),
    left: () => t('removed.left'),
    deleted: () => t('removed.deleted'),
    unknown: () => t('removed.unknown'),
  }[ending.how]();
  return (
    <div className="flex h-full flex-col items-center justify-center gap-3 overflow-y-auto p-6">
      <div className="flex w-full max-w-md flex-col gap-3">
        <h1
          ref={heading}
          tabIndex={-1}
          className="wrap-anywhere font-semibold text-xl outline-none"
        >
          <RichText text="removed.title" parts={{ group: <bdi>{title}</bdi> }} />
        </h1>
        <p className="text-muted">{description}</p>
        {unsent.length > 0 && (
          <>
            <h2 className="mt-3 font-medium text-sm text-soft">{t('removed.unsentMessages')}</h2>
            {unsent.map((text, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: texts have no other identity
              <div key={n} className="rounded-xl border border-line bg-raised p-3">
                <textarea
                  readOnly
                  aria-label={t('removed.unsentMessage')}
                  value={text}
                  rows={Math.min(8, text.split('\n').length + 1)}
                  className="w-full resize-none bg-transparent outline-none"
                />
                <CopyButton text={text} />
              </div>
            ))}
          </>
        )}
        <Link to="/" className="mt-2 text-accent underline underline-offset-3">
          {t('common.backToConversations')}
        </Link>
      </div>
    </div>
  );
}
