import { FileDown, MonitorSmartphone, ShieldCheck, UserRound } from 'lucide-react';
import { TabbedPage } from '../app/tabbed-page.tsx';

const TABS = [
  { to: '/settings/profile', description: 'Profile', icon: <UserRound size={17} /> },
  { to: '/settings/security', description: 'Security', icon: <ShieldCheck size={17} /> },
  { to: '/settings/sessions', description: 'Sessions', icon: <MonitorSmartphone size={17} /> },
  { to: '/settings/data', description: 'Your data', icon: <FileDown size={17} /> },
];

/** Frames the settings of the user’s own account. */
export function AccountLayout() {
  return <TabbedPage title="Your account" tabs={TABS} />;
}
