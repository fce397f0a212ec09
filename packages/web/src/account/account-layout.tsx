import { FileDown, MonitorSmartphone, ShieldCheck, UserRound } from 'lucide-react';
import { TabbedPage } from '../app/tabbed-page.tsx';

const TABS = [
  { to: '/settings/profile', words: 'Profile', icon: <UserRound size={17} /> },
  { to: '/settings/security', words: 'Security', icon: <ShieldCheck size={17} /> },
  { to: '/settings/sessions', words: 'Sessions', icon: <MonitorSmartphone size={17} /> },
  { to: '/settings/data', words: 'Your data', icon: <FileDown size={17} /> },
];

/** One’s own account. */
export function AccountLayout() {
  return <TabbedPage title="Your account" tabs={TABS} />;
}
