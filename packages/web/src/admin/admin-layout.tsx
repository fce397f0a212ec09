import {
  Activity,
  AtSign,
  Bell,
  FileCog,
  Flag,
  Mail,
  Scale,
  ScrollText,
  Settings2,
  Smile,
  SquareTerminal,
  Ticket,
  Users,
} from 'lucide-react';
import { SettingsLayout, type SettingsSection } from '../app/settings-layout.tsx';
import { useAllOpenReports } from '../messages/use-open-reports.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { AdminsOnly } from '../ui/not-found.tsx';
import { PageSkeleton } from '../ui/skeleton.tsx';
import { UnreadBadge } from '../ui/unread-badge.tsx';

const PEOPLE: SettingsSection = {
  title: 'settings.people',
  entries: [
    { to: '/admin/users', text: 'adminUsers.title', icon: <Users size={17} /> },
    { to: '/admin/invitations', text: 'invitations.title', icon: <Ticket size={17} /> },
    { to: '/admin/user-groups', text: 'userGroups.title', icon: <AtSign size={17} /> },
    {
      to: '/admin/service-accounts',
      text: 'serviceAccounts.title',
      icon: <SquareTerminal size={17} />,
    },
  ],
};

const CONTENT: SettingsSection = {
  title: 'settings.content',
  entries: [
    { to: '/admin/reports', text: 'reports.title', icon: <Flag size={17} /> },
    { to: '/admin/emoji', text: 'emoji.title', icon: <Smile size={17} /> },
  ],
};

const LEGAL_HOLDS = {
  to: '/admin/legal-holds',
  text: 'legalHolds.title',
  icon: <Scale size={17} />,
} as const;

const SERVER: SettingsSection = {
  title: 'settings.server',
  entries: [
    { to: '/admin/server', text: 'server.title', icon: <Settings2 size={17} /> },
    { to: '/admin/state', text: 'serverState.title', icon: <Activity size={17} /> },
    { to: '/admin/notifications', text: 'delivery.title', icon: <Bell size={17} /> },
    { to: '/admin/emails', text: 'adminEmails.title', icon: <Mail size={17} /> },
    { to: '/admin/audit-log', text: 'auditLog.title', icon: <ScrollText size={17} /> },
    { to: '/admin/settings', text: 'adminSettings.title', icon: <FileCog size={17} /> },
  ],
};

/** The layout of the administration pages. Other users get “page not found”. */
export function AdminLayout() {
  const me = useParley((s) => s.me);
  const reports = useAllOpenReports();
  if (me === null) return <PageSkeleton />;
  if (!me.permissions.includes('administer')) return <AdminsOnly />;
  const badge = reports > 0 && (
    <UnreadBadge count={reports} text={t('reports.open', { count: reports })} />
  );
  const content: SettingsSection = {
    ...CONTENT,
    entries: [
      ...CONTENT.entries.map((entry) =>
        entry.to === '/admin/reports' ? { ...entry, badge } : entry,
      ),
      ...(me.permissions.includes('manage_legal_holds') ? [LEGAL_HOLDS] : []),
    ],
  };
  return (
    <SettingsLayout
      title={t('common.administration')}
      base="/admin"
      sections={[PEOPLE, content, SERVER]}
    />
  );
}
