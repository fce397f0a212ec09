import { Bell, FileDown, MonitorSmartphone, ShieldCheck, UserRound } from 'lucide-react';
import { TabbedPage } from '../app/tabbed-page.tsx';
import { t } from '../texts/index.ts';

const TABS = [
  { to: '/settings/profile', text: 'profile.title', icon: <UserRound size={17} /> },
  { to: '/settings/security', text: 'security.title', icon: <ShieldCheck size={17} /> },
  { to: '/settings/sessions', text: 'sessions.title', icon: <MonitorSmartphone size={17} /> },
  { to: '/settings/notifications', text: 'ownMenu.notifications', icon: <Bell size={17} /> },
  { to: '/settings/data', text: 'ownData.title', icon: <FileDown size={17} /> },
] as const;

/** Frames the settings of the user’s own account. */
export function AccountLayout() {
  return <TabbedPage title={t('common.yourAccount')} tabs={TABS} />;
}
