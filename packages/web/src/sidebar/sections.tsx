import type { ConversationId, SectionId } from '@parley/protocol';
import type { ReactNode } from 'react';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import type { ArrangedSection } from './arrangement.ts';
import type { SidebarDialog } from './dialogs.tsx';
import { type RowContext, Rows } from './rows.tsx';
import { SectionHeader } from './section-header.tsx';
import { titleOfSection } from './titles.ts';

/** The sections with the rows of their conversations, and the archived groups. */
export function Sections({
  sections,
  archived,
  open,
  rows,
  onMenu,
  buttonsOf,
  openDialog,
}: {
  sections: readonly ArrangedSection[];
  archived: readonly ConversationId[];
  /** The conversation that is open. */
  open: ConversationId | undefined;
  rows: RowContext;
  onMenu: (section: SectionId) => void;
  /** Returns further buttons of the heading of a section. */
  buttonsOf: (section: SectionId) => ReactNode;
  openDialog: (dialog: SidebarDialog) => void;
}) {
  const unreadOnly = useParley((s) => s.sidebar.layout.unreadOnly);
  const rowsOf = (title: string, ids: readonly ConversationId[], section?: SectionId) => (
    <Rows
      {...rows}
      ids={ids}
      title={title}
      open={open !== undefined && ids.includes(open) ? open : undefined}
      isFavorite={section === 'favorites'}
    />
  );
  return (
    <>
      {sections.map((arranged) => {
        const { section, shown } = arranged;
        return (
          <Section
            key={section.id}
            arranged={arranged}
            onMenu={() => onMenu(section.id)}
            buttons={buttonsOf(section.id)}
            openDialog={openDialog}
          >
            {rowsOf(titleOfSection(section), shown, section.id)}
          </Section>
        );
      })}
      {unreadOnly && sections.length === 0 && (
        <p className="px-2.5 py-6 text-center text-muted text-sm">{t('sidebar.allRead')}</p>
      )}
      {archived.length > 0 && <Archived>{rowsOf(t('sidebar.archived'), archived)}</Archived>}
    </>
  );
}

/** The archived groups, folded. */
function Archived({ children }: { children: ReactNode }) {
  return (
    <details className="mt-2">
      <summary className="cursor-pointer px-2 py-2 font-semibold text-note text-muted pointer-coarse:py-3">
        {t('sidebar.archived')}
      </summary>
      {children}
    </details>
  );
}

/** A section: its heading, and the rows of its conversations behind it. */
function Section({
  arranged: { section, all },
  onMenu,
  buttons,
  openDialog,
  children,
}: {
  arranged: ArrangedSection;
  onMenu: () => void;
  buttons: ReactNode;
  openDialog: (dialog: SidebarDialog) => void;
  children: ReactNode;
}) {
  const client = useClient();
  const title = titleOfSection(section);
  const { id, isCollapsed, name } = section;
  return (
    <>
      <SectionHeader
        id={id}
        title={title}
        isCollapsed={isCollapsed}
        onToggle={() =>
          void attempt(() => client.sidebar.changeSection(id, { isCollapsed: !isCollapsed }))
        }
        onMenu={onMenu}
      >
        {buttons}
      </SectionHeader>
      <div data-rows>
        {children}
        {all.length === 0 && (
          <ul aria-label={title}>
            {!isCollapsed && <EmptySection id={id} openDialog={openDialog} />}
            {name !== null && (
              <li className="px-2.5 py-1 text-note text-muted">{t('sidebar.emptySection')}</li>
            )}
          </ul>
        )}
      </div>
    </>
  );
}

/** What to do next in a section without conversations. */
function EmptySection({
  id,
  openDialog,
}: {
  id: SectionId;
  openDialog: (dialog: SidebarDialog) => void;
}) {
  const mayBrowse = useParley((s) => s.me?.permissions.includes('browse_groups') === true);
  const dialog = id === 'direct' ? 'direct' : id === 'groups' && mayBrowse ? 'browse' : null;
  if (dialog === null) return null;
  return (
    <li>
      <button
        type="button"
        onClick={() => openDialog(dialog)}
        className="-outline-offset-2 flex min-h-8 pointer-coarse:min-h-11 w-full items-center rounded-md px-2.5 text-start text-muted text-note hover:bg-hover hover:text-ink"
      >
        {t(dialog === 'direct' ? 'sidebar.startDirect' : 'sidebar.findGroups')}
      </button>
    </li>
  );
}
