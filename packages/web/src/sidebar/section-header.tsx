import type { SectionId } from '@parley/protocol';
import { ChevronDown, EllipsisVertical } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';

/** The heading of a section, which sticks while its conversations are scrolled. */
export function SectionHeader({
  id,
  title,
  isCollapsed,
  onToggle,
  onMenu,
  children,
}: {
  id: SectionId;
  title: string;
  isCollapsed: boolean;
  onToggle: () => void;
  onMenu: () => void;
  /** More buttons. */
  children?: ReactNode;
}) {
  const header = useRef<HTMLDivElement>(null);
  const toggle = () => {
    const list = header.current?.nextElementSibling;
    const own = header.current?.getBoundingClientRect();
    // At the edge, away from its list, it leads to the list.
    if (own && list && !isCollapsed && list.getBoundingClientRect().top > own.bottom + 1) {
      list.scrollIntoView({ block: 'center' });
      list.querySelector<HTMLElement>('[data-focusable]')?.focus({ preventScroll: true });
    } else onToggle();
  };
  return (
    <div
      ref={header}
      data-header={id}
      data-tour={id === 'groups' ? 'conversations' : undefined}
      className={cx(
        'group/header sticky top-0 z-10 mt-2 flex h-9 pointer-coarse:h-11 items-center bg-sidebar pe-1',
        // Direct messages can be reached from any place in a long list of groups.
        id === 'direct' && 'bottom-0',
      )}
    >
      <h2 className="min-w-0 flex-1">
        <button
          type="button"
          data-focusable
          data-drag
          aria-expanded={!isCollapsed}
          onClick={toggle}
          className="-outline-offset-2 flex h-8 pointer-coarse:h-11 w-full min-w-0 items-center gap-1.5 rounded-md ps-1.5 text-start font-semibold text-note text-muted hover:text-ink"
        >
          <ChevronDown
            size={15}
            className={cx('shrink-0 transition-transform', isCollapsed && '-rotate-90')}
          />
          <bdi className="truncate">{title}</bdi>
        </button>
      </h2>
      <IconButton
        label={t('sidebar.sectionOptions', { section: title })}
        className="size-8 opacity-0 focus-visible:opacity-100 group-focus-within/header:opacity-100 group-hover/header:opacity-100 pointer-coarse:opacity-100"
        onClick={onMenu}
      >
        <EllipsisVertical size={16} />
      </IconButton>
      {children}
    </div>
  );
}
