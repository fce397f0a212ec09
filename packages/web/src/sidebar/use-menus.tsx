import type { ConversationView } from '@parley/client';
import type { ConversationId, SectionId } from '@parley/protocol';
import {
  type MouseEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useRef,
  useState,
} from 'react';
import { lazyPart } from '../queries/lazy-part.tsx';
import { useParley } from '../session/use-client.ts';
import type { MenuPoint } from '../ui/menu-at.tsx';
import type { Arrangement } from './arrangement.ts';
import type { SectionDialogState } from './section-dialogs.tsx';
import { type Target, targetOf } from './target.ts';

const RowMenu = lazyPart(async () => (await import('./menus.tsx')).RowMenu);
const SectionMenu = lazyPart(async () => (await import('./menus.tsx')).SectionMenu);
const LeaveDialog = lazyPart(async () => (await import('./leave-dialog.tsx')).LeaveDialog);
const SectionDialog = lazyPart(async () => (await import('./section-dialogs.tsx')).SectionDialog);

type OpenMenu = Target & {
  readonly at: MenuPoint;
  /** The next row, or else the previous one: gets the focus if the action removes the row. */
  readonly neighbor: HTMLElement | null;
};

/** Returns functions that open the menus of a list, and {@link ListMenus} with the open one. */
export function useMenus(list: RefObject<HTMLElement | null>) {
  const [menu, setMenu] = useState<OpenMenu | null>(null);
  const open = useCallback(
    (target: Target, point?: MenuPoint) => {
      const element = elementOf(list.current, target);
      if (!element) return;
      const rect = element.getBoundingClientRect();
      const at = point ?? { x: Math.max(rect.right - 40, rect.left), y: rect.bottom };
      const rows = [...(list.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
      const row = rows.indexOf(element);
      setMenu({ ...target, at, neighbor: rows[row + 1] ?? rows[row - 1] ?? null });
    },
    [list],
  );
  const onContextMenu = (event: MouseEvent) => {
    const target = targetOf(event.target);
    if (!target) return;
    event.preventDefault();
    open(target, { x: event.clientX, y: event.clientY });
  };
  const last = useRef<OpenMenu | null>(null);
  if (menu) last.current = menu;
  const onClosed = () => {
    setMenu(null);
    // The chosen action may have moved the row.
    requestAnimationFrame(() => {
      if (last.current && !isFocusElsewhere(list.current)) focusOn(list.current, last.current);
    });
  };
  /** The dialog that the last menu had opened was closed: its item, which had the focus, is gone. */
  const onDialogClosed = () => {
    requestAnimationFrame(() => {
      if (last.current) focusOn(list.current, last.current);
    });
  };
  return { menu, open, onContextMenu, onClosed, onDialogClosed };
}

/** The menu that is open, and the dialogs that it opens. */
export function ListMenus({
  menu,
  arrangement,
  shownSections,
  isMuted,
  onClosed,
  onDialogClosed,
}: {
  menu: OpenMenu | null;
  arrangement: Arrangement;
  shownSections: readonly SectionId[];
  isMuted: (id: ConversationId) => boolean;
  onClosed: () => void;
  onDialogClosed: () => void;
}): ReactNode {
  const [dialog, setDialog] = useState<SectionDialogState | null>(null);
  const [leaving, setLeaving] = useState<ConversationView | null>(null);
  const view = useParley((s) =>
    menu && 'row' in menu ? s.conversations.get(menu.row) : undefined,
  );
  const arranged =
    menu && 'section' in menu
      ? arrangement.sections.find(({ section }) => section.id === menu.section)
      : undefined;
  return (
    <>
      {view && menu && (
        <RowMenu
          key={view.id}
          at={menu.at}
          view={view}
          arrangement={arrangement}
          isMuted={isMuted(view.id)}
          onNewSection={() => setDialog({ kind: 'new', conversation: view.id })}
          onLeave={() => setLeaving(view)}
          onClosed={onClosed}
        />
      )}
      {arranged && menu && (
        <SectionMenu
          key={arranged.section.id}
          at={menu.at}
          arranged={arranged}
          shown={shownSections}
          onDialog={(kind) =>
            setDialog(kind === 'new' ? { kind } : { kind, section: arranged.section })
          }
          onClosed={onClosed}
        />
      )}
      {leaving && (
        <LeaveDialog view={leaving} onClose={() => setLeaving(null)} onClosed={onDialogClosed} />
      )}
      {dialog && (
        <SectionDialog state={dialog} onClose={() => setDialog(null)} onClosed={onDialogClosed} />
      )}
    </>
  );
}

const elementOf = (list: HTMLElement | null, target: Target) =>
  list?.querySelector<HTMLElement>(
    'row' in target ? `[data-row="${target.row}"]` : `[data-header="${target.section}"]`,
  );

/** Returns whether something outside of the list has the focus, such as a dialog. */
function isFocusElsewhere(list: HTMLElement | null): boolean {
  const focused = document.activeElement;
  return focused !== null && focused !== document.body && list?.contains(focused) !== true;
}

/** Focuses a row or a heading; if an action has removed it, a row beside it, or else the first one. */
function focusOn(list: HTMLElement | null, target: OpenMenu): void {
  const beside = target.neighbor?.isConnected ? target.neighbor : null;
  (elementOf(list, target) ?? beside ?? list?.querySelector('[data-row]'))
    ?.querySelector<HTMLElement>('[data-focusable]')
    ?.focus({ preventScroll: true });
}
