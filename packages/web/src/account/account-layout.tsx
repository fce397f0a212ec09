import { Ban, Bell, FileDown, MonitorSmartphone, ShieldCheck, UserRound } from 'lucide-react';
import { SettingsLayout } from '../app/settings-layout.tsx';
import { t } from '../texts/index.ts';

const SECTIONS = [
  {
    entries: [
      { to: '/settings/profile', text: 'profile.title', icon: <UserRound size={17} /> },
      { to: '/settings/notifications', text: 'ownMenu.notifications', icon: <Bell size={17} /> },
    ],
  },
  {
    title: 'settings.access',
    entries: [
      { to: '/settings/security', text: 'security.title', icon: <ShieldCheck size={17} /> },
      { to: '/settings/sessions', text: 'sessions.title', icon: <MonitorSmartphone size={17} /> },
    ],
  },
  {
    title: 'settings.privacy',
    entries: [
      { to: '/settings/blocked', text: 'blockedPeople.title', icon: <Ban size={17} /> },
      { to: '/settings/data', text: 'ownData.title', icon: <FileDown size={17} /> },
    ],
  },
] as const;

/** The layout of the settings of the user’s own account. */
export function AccountLayout() {
  return <SettingsLayout title={t('common.yourAccount')} base="/settings" sections={SECTIONS} />;
}
