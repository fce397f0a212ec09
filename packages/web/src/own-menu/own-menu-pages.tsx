import { Link } from '@tanstack/react-router';
import {
  AtSign,
  BellOff,
  Bookmark,
  CalendarClock,
  CircleCheck,
  Clock,
  ShieldCheck,
  Smile,
  SmilePlus,
  UserRound,
} from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { loadPart } from '../lib/load-error.ts';
import { timeOfDay } from '../lib/time.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { MENU_ITEM } from '../ui/menu-style.ts';
import { ReportBadge } from './report-badge.tsx';

/** The items of the account menu for the status, the presence, and the time without notifications. */
export function StatusItems({ onSetStatus }: { onSetStatus: () => void }) {
  const client = useClient();
  const status = useParley((s) => (s.me ? s.statuses.get(s.me.id) : undefined));
  const toggleQuiet = async () => {
    const { setDoNotDisturb } = await loadPart(() => import('../users/own-status.ts'));
    await setDoNotDisturb(client, !status?.doNotDisturbUntil);
  };
  const isAway = status?.isAway === true;
  const toggleAway = async () => {
    const { setAway } = await loadPart(() => import('../users/own-status.ts'));
    await setAway(client, !isAway);
  };
  return (
    <>
      <DropdownMenu.Item className={MENU_ITEM} onSelect={onSetStatus}>
        <span className="w-4 shrink-0 text-center">{status?.emoji ?? <Smile size={16} />}</span>
        <bdi className="truncate">{status?.text || t('status.set')}</bdi>
      </DropdownMenu.Item>
      <DropdownMenu.Item className={MENU_ITEM} onSelect={() => void attempt(toggleAway)}>
        {isAway ? <CircleCheck size={16} /> : <Clock size={16} />}
        {t(isAway ? 'status.setActive' : 'status.setAway')}
      </DropdownMenu.Item>
      <DropdownMenu.Item className={MENU_ITEM} onSelect={() => void attempt(toggleQuiet)}>
        <BellOff size={16} />
        {status?.doNotDisturbUntil
          ? t('status.quietUntil', { time: timeOfDay(status.doNotDisturbUntil) })
          : t('status.quietStart')}
      </DropdownMenu.Item>
    </>
  );
}

/** The items of the account menu that open pages of the user. */
export function PageItems({ onShowSaved }: { onShowSaved: () => void }) {
  const me = useParley((s) => s.me);
  return (
    <>
      <DropdownMenu.Item asChild className={MENU_ITEM}>
        <Link to="/settings">
          <UserRound size={16} /> {t('common.yourAccount')}
        </Link>
      </DropdownMenu.Item>
      <DropdownMenu.Item className={MENU_ITEM} onSelect={onShowSaved}>
        <Bookmark size={16} /> {t('saved.title')}
      </DropdownMenu.Item>
      <DropdownMenu.Item asChild className={MENU_ITEM}>
        <Link to="/scheduled">
          <CalendarClock size={16} /> {t('scheduled.title')}
        </Link>
      </DropdownMenu.Item>
      <DropdownMenu.Item asChild className={MENU_ITEM}>
        <Link to="/user-groups">
          <AtSign size={16} /> {t('userGroups.title')}
        </Link>
      </DropdownMenu.Item>
      <DropdownMenu.Item asChild className={MENU_ITEM}>
        <Link to="/emoji">
          <SmilePlus size={16} /> {t('emoji.title')}
        </Link>
      </DropdownMenu.Item>
      {me?.permissions.includes('administer') && (
        <DropdownMenu.Item asChild className={MENU_ITEM}>
          <Link to="/admin">
            <ShieldCheck size={16} />
            <span className="flex-1">{t('common.administration')}</span>
            <ReportBadge />
          </Link>
        </DropdownMenu.Item>
      )}
    </>
  );
}
