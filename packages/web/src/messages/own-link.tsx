import { isolate } from '@parley/protocol';
import { useRouter } from '@tanstack/react-router';
import type { MouseEvent, ReactNode } from 'react';
import { titleOf } from '../lib/conversation-views.ts';
import type { OwnLink } from '../lib/own-link.ts';
import { useConversation } from '../session/entries.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';

/** A link in a text that leads to a place in this web client, and opens it in this tab. */
export function OwnLinkView({
  link,
  href,
  className,
  children,
}: {
  link: OwnLink;
  href: string;
  className: string;
  /** The text of the link; null if it is only the address, which is then replaced by a name if possible. */
  children: ReactNode;
}) {
  const router = useRouter();
  const view = useConversation(link.conversation ?? undefined);
  const users = useParley((s) => s.users);
  const open = (event: MouseEvent) => {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (!isPlain || event.altKey) return;
    event.preventDefault();
    router.history.push(link.path);
  };
  const name = () => {
    if (!view) return href;
    const title = isolate(titleOf(view, users));
    if (link.message === null) return title;
    return t(view.kind === 'group' ? 'link.messageIn' : 'link.messageWith', { title });
  };
  return (
    <a href={href} title={href} dir="auto" onClick={open} className={className}>
      {children ?? name()}
    </a>
  );
}
