import type { ReactElement, Ref } from 'react';
import { VList, type VListHandle, type VListProps } from 'virtua';
import { t } from '../texts/index.ts';
import type { Row } from './rows.ts';

/** The element that scrolls, which renders the rows near the viewport. */
export function VirtualRows({
  ref,
  rows,
  title,
  onMoved,
  children,
  ...rendered
}: {
  ref: Ref<VListHandle>;
  rows: readonly Row[];
  /** The name of the conversation. */
  title: string;
  /** Called after a scroll event, the end of scrolling and a resize. */
  onMoved: (how: 'scrolled' | 'ended' | 'changed') => void;
  children: (row: Row, index: number) => ReactElement;
} & Pick<VListProps, 'shift' | 'itemSize' | 'keepMounted' | 'bufferSize'>) {
  return (
    <VList
      ref={ref}
      data={rows}
      {...rendered}
      onScroll={() => onMoved('scrolled')}
      onScrollEnd={() => onMoved('ended')}
      onResize={() => onMoved('changed')}
      // Few messages are shown at the bottom, next to the composer. The space below the newest one is padding of the
      // list: in the row, it would cause the previous row to be measured again, which delays the new row by a frame.
      style={{ display: 'flex', flexDirection: 'column', paddingBottom: '1rem' }}
      // The list would turn pointer events off when scrolling starts and on when it ends: because they are inherited,
      // the styles of all messages would be recomputed both times, and a press on a message would be lost while the
      // list follows its end. `inherit`, not `auto`: an open menu turns them off for the page.
      className="-outline-offset-2 h-full *:mt-auto *:[pointer-events:inherit]!"
      role="log"
      // Messages that scroll into view are not new; Announcer announces new ones.
      aria-live="off"
      aria-label={t('messageList.messagesIn', { title })}
      tabIndex={0}
    >
      {children}
    </VList>
  );
}
