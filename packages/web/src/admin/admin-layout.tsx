import { Mail, Settings2, SquareTerminal, Ticket, Users } from 'lucide-react';
import { NotFound } from '../app/not-found.tsx';
import { TabbedPage } from '../app/tabbed-page.tsx';
import { useParley } from '../session/use-client.ts';

const TABS = [
  { to: '/admin/users', description: 'People', icon: <Users size={17} /> },
  { to: '/admin/invitations', description: 'Invitations', icon: <Ticket size={17} /> },
  {
    to: '/admin/service-accounts',
    description: 'Service accounts',
    icon: <SquareTerminal size={17} />,
  },
  { to: '/admin/emails', description: 'Emails', icon: <Mail size={17} /> },
  { to: '/admin/settings', description: 'Settings', icon: <Settings2 size={17} /> },
];

/** Frames the administration pages. Members get “page not found”. */
export function AdminLayout() {
  const me = useParley((s) => s.me);
  if (me === null) return <p className="p-6 text-muted">Loading…</p>;
  if (me.role === 'member') return <NotFound />;
  return <TabbedPage title="Administration" tabs={TABS} />;
}
