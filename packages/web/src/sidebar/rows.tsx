import type { ClientSnapshot } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { memo, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { idleAfterStart } from '../lib/idle-schedule.ts';
import { useParley } from '../session/use-client.ts';
import { cx } from '../ui/cx.ts';
import type { Arrangement } from './arrangement.ts';
import { isUnread } from './arranger.ts';
import { Row, type RowActions } from './row.tsx';
import { PART_ROWS, partsOf } from './row-parts.ts';

/** Rows are rendered before they are scrolled into view, from this distance. */
const NEAR = '50% 0px';

/** What the rows of all sections have in common. */
export interface RowContext {
  readonly titles: Arrangement['titles'];
  readonly isMuted: (id: ConversationId) => boolean;
  readonly drafts: ReadonlySet<string>;
  readonly actions: RowActions;
  /** The element that scrolls. */
  readonly scroller: RefObject<HTMLElement | null>;
}

/**
 * The rows of a section, in lists of {@link PART_ROWS}. A thousand rows would delay the first messages: the first list
 * is rendered at once, the others when they are scrolled near the screen, or one after the other when the page is idle.
 * Rendered again only when one of the rows changes.
 */
export const Rows = memo(function Rows({
  ids,
  title,
  open,
  isFavorite,
  ...context
}: RowContext & {
  ids: readonly ConversationId[];
  /** The name of the section. */
  title: string;
  open: ConversationId | undefined;
  isFavorite: boolean;
}) {
  const parts = useMemo(() => partsOf(ids), [ids]);
  const [count, setCount] = useState(1);
  const isComplete = count >= parts.length;
  useEffect(() => {
    if (!isComplete) return idleAfterStart.schedule(() => setCount(count + 1));
  }, [isComplete, count]);
  return parts.map((part, n) => (
    <Part
      // biome-ignore lint/suspicious/noArrayIndexKey: a part is a range of positions.
      key={n}
      ids={part}
      title={title}
      isDue={n < count}
      isAlone={parts.length === 1}
      open={open !== undefined && part.includes(open) ? open : undefined}
      isFavorite={isFavorite}
      {...context}
    />
  ));
});

const Part = memo(function Part({
  ids,
  title,
  isDue,
  isAlone,
  open,
  isFavorite,
  titles,
  isMuted,
  drafts,
  actions,
  scroller,
}: RowContext & {
  ids: readonly ConversationId[];
  title: string;
  /** Whether the rows are rendered wherever they are. */
  isDue: boolean;
  isAlone: boolean;
  open: ConversationId | undefined;
  isFavorite: boolean;
}) {
  const list = useRef<HTMLUListElement>(null);
  const [isRendered, setRendered] = useState(isDue);
  if (!isRendered && (isDue || open !== undefined)) setRendered(true);
  useEffect(() => {
    if (isRendered || !list.current) return;
    const watch = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setRendered(true);
      },
      { root: scroller.current, rootMargin: NEAR },
    );
    watch.observe(list.current);
    return () => watch.disconnect();
  }, [isRendered, scroller]);
  const unread = useUnreadRows(isRendered ? NONE : ids, isMuted);
  return (
    <ul
      ref={list}
      aria-label={title}
      // Counted by UnreadPills, as long as the rows are not there.
      data-unread-rows={unread || undefined}
      style={{ '--rows': ids.length } as React.CSSProperties}
      // Of a known height, so that the browser need not lay out and paint the rows of a part that is out of view.
      className={cx(
        'h-[calc(var(--rows)*2rem)] pointer-coarse:h-[calc(var(--rows)*2.75rem)]',
        !isAlone && '[content-visibility:auto]',
      )}
    >
      {isRendered &&
        ids.map((id) => (
          <Row
            key={id}
            id={id}
            title={titles.get(id) ?? ''}
            isOpen={id === open}
            isMuted={isMuted(id)}
            isFavorite={isFavorite}
            hasDraft={drafts.has(id)}
            actions={actions}
          />
        ))}
    </ul>
  );
});

const NONE: readonly ConversationId[] = [];

/** Returns how many of the conversations are unread. */
function useUnreadRows(
  ids: readonly ConversationId[],
  isMuted: (id: ConversationId) => boolean,
): number {
  return useParley(
    useCallback(
      ({ conversations }: ClientSnapshot) => {
        let count = 0;
        for (const id of ids) {
          const view = conversations.get(id);
          if (view && isUnread(view, isMuted(id))) count++;
        }
        return count;
      },
      [ids, isMuted],
    ),
  );
}
