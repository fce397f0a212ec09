import { type ConversationView, isClosed } from '@parley/client';
import type { ConversationId, SectionId, SectionOrder } from '@parley/protocol';
import {
  ArrowDown,
  ArrowUp,
  Check,
  CheckCheck,
  FolderPlus,
  Link,
  LogOut,
  Pencil,
  Star,
  StarOff,
  Trash2,
  Volume2,
  VolumeX,
  X,
} from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { useCloseConversation } from '../conversations/closing.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { ActionItem } from '../ui/action-menu.tsx';
import { attempt } from '../ui/attempt.ts';
import { copyText } from '../ui/copy-text.ts';
import { MenuAt, type MenuPoint } from '../ui/menu-at.tsx';
import { MENU_ITEM, MENU_LABEL, MENU_LINE } from '../ui/menu-style.ts';
import { applyDrop, stepSection } from './actions.ts';
import { type ArrangedSection, type Arrangement, dropOf, stepOf } from './arrangement.ts';
import { titleOfSection } from './titles.ts';

interface MenuProps {
  readonly at: MenuPoint;
  /** The menu was closed, and the focus must return. */
  readonly onClosed: () => void;
}

/** The menu of a conversation in the sidebar. */
export function RowMenu({
  view,
  arrangement,
  isMuted,
  onNewSection,
  onLeave,
  ...menu
}: MenuProps & {
  view: ConversationView;
  arrangement: Arrangement;
  isMuted: boolean;
  /** Creates a section, into which the conversation is moved. */
  onNewSection: () => void;
  /** Asks whether to leave the group. */
  onLeave: () => void;
}) {
  const client = useClient();
  const sidebar = useParley((s) => s.sidebar);
  const here = arrangement.sections.find(({ all }) => all.includes(view.id))?.section.id;
  const isFavorite = here === 'favorites';
  const close = useCloseConversation();
  const toggleFavorite = () =>
    isFavorite
      ? void attempt(() => client.sidebar.move({ conversations: [view.id], section: null }))
      : applyDrop(client, dropOf(arrangement, sidebar, view, { section: 'favorites' }));
  return (
    <Menu {...menu} label={t('sidebar.options')}>
      <ActionItem
        icon={isFavorite ? <StarOff size={16} /> : <Star size={16} />}
        onSelect={toggleFavorite}
      >
        {isFavorite ? t('sidebar.removeFavorite') : t('sidebar.addFavorite')}
      </ActionItem>
      {view.unread > 0 && (
        <ActionItem
          icon={<CheckCheck size={16} />}
          onSelect={() => void attempt(() => client.read(view.id, view.lastSeq).settled)}
        >
          {t('sidebar.markRead')}
        </ActionItem>
      )}
      <ActionItem
        icon={isMuted ? <Volume2 size={16} /> : <VolumeX size={16} />}
        onSelect={() => {
          const muted = isMuted ? null : { until: null };
          void attempt(() => client.notifications.changeConversation(view.id, { muted }));
        }}
      >
        {isMuted ? t('sidebar.unmute') : t('sidebar.mute')}
      </ActionItem>
      <ActionItem
        icon={<Link size={16} />}
        onSelect={() => void copyText(addressOf(view.id), t('message.linkCopied'))}
      >
        {t('message.copyLink')}
      </ActionItem>
      {view.kind === 'direct' && !isClosed(view, sidebar) && (
        <ActionItem icon={<X size={16} />} onSelect={() => close(view)}>
          {t('sidebar.close')}
        </ActionItem>
      )}
      {here !== undefined && (
        <MoveItems view={view} here={here} arrangement={arrangement} onNewSection={onNewSection} />
      )}
      {view.permissions.includes('leave') && (
        <>
          <Separator />
          <ActionItem icon={<LogOut size={16} />} danger onSelect={onLeave}>
            {t('details.leave')}
          </ActionItem>
        </>
      )}
    </Menu>
  );
}

/** Moves a conversation within its section `here`, or to another one. */
function MoveItems({
  view,
  here,
  arrangement,
  onNewSection,
}: {
  view: ConversationView;
  here: SectionId;
  arrangement: Arrangement;
  onNewSection: () => void;
}) {
  const client = useClient();
  const sidebar = useParley((s) => s.sidebar);
  const moveTo = (section: SectionId) =>
    applyDrop(client, dropOf(arrangement, sidebar, view, { section }));
  const [up, down] = [-1 as const, 1 as const].map((step) =>
    stepOf(arrangement, sidebar, view, step),
  );
  return (
    <>
      <Separator />
      {up && (
        <ActionItem icon={<ArrowUp size={16} />} onSelect={() => applyDrop(client, up)}>
          {t('sidebar.moveUp')}
        </ActionItem>
      )}
      {down && (
        <ActionItem icon={<ArrowDown size={16} />} onSelect={() => applyDrop(client, down)}>
          {t('sidebar.moveDown')}
        </ActionItem>
      )}
      <DropdownMenu.Label className={MENU_LABEL}>{t('sidebar.moveTo')}</DropdownMenu.Label>
      <DropdownMenu.RadioGroup value={here} onValueChange={moveTo}>
        {arrangement.sections.map(({ section }) => (
          <RadioItem key={section.id} value={section.id}>
            {titleOfSection(section)}
          </RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
      <ActionItem icon={<FolderPlus size={16} />} onSelect={onNewSection}>
        {t('sidebar.newSection')}
      </ActionItem>
    </>
  );
}

/** Returns the link to a conversation. */
const addressOf = (id: ConversationId): string => `${window.location.origin}/c/${id}`;

const ORDERS: readonly SectionOrder[] = ['name', 'recent', 'manual'];

/** The menu of a section of the sidebar. */
export function SectionMenu({
  arranged: { section },
  shown,
  onDialog,
  ...menu
}: MenuProps & {
  arranged: ArrangedSection;
  /** The sections that are shown, in their order. */
  shown: readonly SectionId[];
  onDialog: (dialog: 'new' | 'rename' | 'delete') => void;
}) {
  const client = useClient();
  const at = shown.indexOf(section.id);
  const orderTexts = {
    name: t('sidebar.byName'),
    recent: t('sidebar.byActivity'),
    manual: t('sidebar.byHand'),
  };
  return (
    <Menu {...menu} label={t('sidebar.sectionOptions', { section: titleOfSection(section) })}>
      <DropdownMenu.Label className={MENU_LABEL}>{t('sidebar.order')}</DropdownMenu.Label>
      <DropdownMenu.RadioGroup
        value={section.order}
        onValueChange={(order) =>
          void attempt(() =>
            client.sidebar.changeSection(section.id, { order: order as SectionOrder }),
          )
        }
      >
        {ORDERS.map((order) => (
          <RadioItem key={order} value={order}>
            {orderTexts[order]}
          </RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
      <Separator />
      {at > 0 && (
        <ActionItem
          icon={<ArrowUp size={16} />}
          onSelect={() => stepSection(client, shown, section.id, -1)}
        >
          {t('sidebar.moveSectionUp')}
        </ActionItem>
      )}
      {at < shown.length - 1 && (
        <ActionItem
          icon={<ArrowDown size={16} />}
          onSelect={() => stepSection(client, shown, section.id, 1)}
        >
          {t('sidebar.moveSectionDown')}
        </ActionItem>
      )}
      <ActionItem icon={<FolderPlus size={16} />} onSelect={() => onDialog('new')}>
        {t('sidebar.newSection')}
      </ActionItem>
      {section.name !== null && (
        <>
          <ActionItem icon={<Pencil size={16} />} onSelect={() => onDialog('rename')}>
            {t('sidebar.renameSection')}
          </ActionItem>
          <ActionItem icon={<Trash2 size={16} />} danger onSelect={() => onDialog('delete')}>
            {t('sidebar.deleteSection')}
          </ActionItem>
        </>
      )}
    </Menu>
  );
}

/** A menu that is open, at a point. */
function Menu({
  at,
  label,
  onClosed,
  children,
}: MenuProps & { label: string; children: ReactNode }) {
  return (
    <MenuAt
      at={at}
      label={label}
      onClosed={onClosed}
      onCloseAutoFocus={(event) => event.preventDefault()}
    >
      {children}
    </MenuAt>
  );
}

function RadioItem({ value, children }: { value: string; children: ReactNode }) {
  return (
    <DropdownMenu.RadioItem value={value} className={MENU_ITEM}>
      <bdi className="min-w-0 flex-1 truncate">{children}</bdi>
      <DropdownMenu.ItemIndicator>
        <Check size={16} />
      </DropdownMenu.ItemIndicator>
    </DropdownMenu.RadioItem>
  );
}

const Separator = () => <DropdownMenu.Separator className={MENU_LINE} />;
