import { Mail, Settings2, SquareTerminal, Ticket, Users } from 'lucide-react';
import { NotFound } from '../app/not-found.tsx';
import { TabbedPage } from '../app/tabbed-page.tsx';
import { useParley } from '../session/use-client.ts';

const TABS = [
  { to: '/admin/users', description: 'People', icon: <Users size={17} /> },
  { to: '/admin/invitations', description: 'Invitations', icon: <Ticket size={17} /> },
  { to: '/admin/service-accounts', description: 'Programs', icon: <SquareTerminal size={17} /> },
  { to: '/admin/emails', description: 'Mail', icon: <Mail size={17} /> },
  { to: '/admin/settings', description: 'Settings', icon: <Settings2 size={17} /> },
];

/** Administration; for others than admins there is nothing here. */
export function AdminLayout() {
  const me = useParley((s) => s.me);
  if (me === null) return <p className="p-6 text-muted">One moment…</p>;
  if (me.role === 'member') return <NotFound />;
  return <TabbedPage title="Administration" tabs={TABS} />;
}
