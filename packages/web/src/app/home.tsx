import { Link, useNavigate } from '@tanstack/react-router';
import {
  Compass,
  ListChecks,
  MessageSquarePlus,
  MessagesSquare,
  Plus,
  Route,
  UserPlus,
} from 'lucide-react';
import { firstGroupOf } from '../onboarding/use-landing.ts';
import { useSetupSteps } from '../session/setup-steps.ts';
import { useAccount } from '../session/use-account.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { attempt } from '../ui/attempt.ts';
import { Kbd } from '../ui/kbd.tsx';
import { useOpenDialog } from './dialogs.ts';

const ACTION =
  'flex min-h-11 w-full items-center gap-3 rounded-lg px-3 text-start text-sm text-soft hover:bg-hover hover:text-ink';

/** The page next to the sidebar while no conversation is open: what to do next. */
export function Home() {
  const me = useParley((s) => s.me);
  const openDialog = useOpenDialog();
  const steps = useSetupSteps();
  const takeTour = useTakeTour();
  const may = (permission: NonNullable<typeof me>['permissions'][number]) =>
    me?.permissions.includes(permission) === true;
  return (
    <div className="flex h-full flex-col items-center justify-center gap-3 overflow-y-auto p-8 text-center">
      <span className="flex size-16 items-center justify-center rounded-2xl bg-accent-soft text-accent-strong">
        <MessagesSquare size={30} />
      </span>
      <h1 className="mt-1 font-semibold text-xl">{t('home.title')}</h1>
      <p className="max-w-xs text-muted">
        <RichText
          text="home.choose"
          parts={{
            keys: <span className="whitespace-nowrap" />,
            key: <Kbd />,
          }}
        />
      </p>
      <ul className="mt-3 w-full max-w-xs">
        {may('administer') && steps !== null && steps.length > 0 && (
          <li>
            <Link to="/setup" className={ACTION}>
              <ListChecks size={17} className="text-muted" /> {t('setup.reminder')}
            </Link>
          </li>
        )}
        {may('administer') && (
          <li>
            <Link to="/admin/invitations" className={ACTION}>
              <UserPlus size={17} className="text-muted" /> {t('users.invite')}
            </Link>
          </li>
        )}
        <li>
          <button type="button" className={ACTION} onClick={() => openDialog('direct')}>
            <MessageSquarePlus size={17} className="text-muted" /> {t('sidebar.startDirect')}
          </button>
        </li>
        {may('browse_groups') && (
          <li>
            <button type="button" className={ACTION} onClick={() => openDialog('browse')}>
              <Compass size={17} className="text-muted" /> {t('sidebar.findGroups')}
            </button>
          </li>
        )}
        {may('create_groups') && (
          <li>
            <button type="button" className={ACTION} onClick={() => openDialog('create')}>
              <Plus size={17} className="text-muted" /> {t('home.createGroup')}
            </button>
          </li>
        )}
        {takeTour && (
          <li>
            <button type="button" className={ACTION} onClick={takeTour}>
              <Route size={17} className="text-muted" /> {t('tour.take')}
            </button>
          </li>
        )}
      </ul>
    </div>
  );
}

/** Returns a function that starts the tour again; null without a group to take it in. */
function useTakeTour(): (() => void) | null {
  const client = useClient();
  const account = useAccount();
  const navigate = useNavigate();
  const group = useParley(firstGroupOf);
  if (group === undefined) return null;
  return () =>
    void attempt(async () => {
      await account.update({ isTourEnded: false });
      await client.refreshMe();
      await navigate({ to: '/c/$id', params: { id: group } });
    });
}
