import type { ConversationView } from '@parley/client';
import type { ConversationPermission, Member, MemberRole } from '@parley/protocol';
import { Crown, UserMinus } from 'lucide-react';
import { useState } from 'react';
import { useIsDeactivated } from '../session/entries.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Badge } from '../ui/badge.tsx';
import { IconButton } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { useOptimistic } from '../ui/use-optimistic.ts';
import { GuestBadge } from '../users/guest-badge.tsx';
import { Handle } from '../users/handle.tsx';
import { MemberRoleChoice } from './member-role.tsx';
import { RemoveMember } from './remove-member.tsx';

/** Lists members of a conversation, with the actions that the user may take on each. */
export function MemberList({
  view,
  members,
}: {
  view: ConversationView;
  members: readonly Member[];
}) {
  const client = useClient();
  const me = useParley((s) => s.me);
  const [confirming, setConfirming] = useState<Change | null>(null);
  const [removing, setRemoving] = useState<Member | null>(null);

  const changeRole = ({ member, role }: Change) =>
    attempt(async () => {
      if (role) await client.api.changeMemberRole(view.id, member.account, role);
      else await client.api.transferOwnership(view.id, member.account);
    });

  return (
    <>
      <ul className="-mx-2 mt-1">
        {members.map((member) => (
          <MemberRow
            key={member.account}
            view={view}
            member={member}
            isOwn={member.account === me?.id}
            onConfirm={setConfirming}
            onRemove={() => setRemoving(member)}
          />
        ))}
      </ul>
      <RemoveMember
        member={removing}
        mayBan={view.permissions.includes('ban')}
        onClose={() => setRemoving(null)}
        onRemove={({ account }, ban) =>
          void attempt(() =>
            ban
              ? client.api.admission.ban(view.id, account)
              : client.api.removeMember(view.id, account),
          )
        }
      />
      <ConfirmChange
        change={confirming}
        onCancel={() => setConfirming(null)}
        onConfirm={(change) => void changeRole(change)}
      />
    </>
  );
}

/** A change of the role of a member; with the role null the user transfers ownership to them. */
interface Change {
  readonly member: Member;
  readonly role: MemberRole | null;
}

/** Shows a member, and the actions on it. */
function MemberRow({
  view,
  member,
  isOwn,
  onConfirm,
  onRemove,
}: {
  view: ConversationView;
  member: Member;
  /** Whether it is the user’s own account. */
  isOwn: boolean;
  /** The user wants a change that takes permissions from them. */
  onConfirm: (change: Change) => void;
  onRemove: () => void;
}) {
  const client = useClient();
  const isDeactivated = useIsDeactivated(member.account);
  const [role, save] = useOptimistic(member.role);
  const may = (action: ConversationPermission) => view.permissions.includes(action);
  const choose = (next: MemberRole) => {
    // Permissions that an owner gives up must be restored by another one.
    if (isOwn) onConfirm({ member, role: next });
    else void save(next, () => client.api.changeMemberRole(view.id, member.account, next));
  };
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-x-3 rounded-lg px-2 py-0.5">
      <Avatar id={member.account} name={member.displayName} size={32} avatar={member.avatar} />
      <MemberName member={member} isOwn={isOwn} isDeactivated={isDeactivated} />
      <span className="ms-auto flex items-center gap-x-3">
        <MemberRoleChoice
          name={member.displayName}
          role={role}
          onChange={may('change_role') ? choose : null}
        />
        {may('change_role') && member.role !== 'owner' && (
          <IconButton
            label={t('details.transferOwnershipNamed', { name: member.displayName })}
            onClick={() => onConfirm({ member, role: null })}
          >
            <Crown size={17} />
          </IconButton>
        )}
        {view.removableRoles.includes(member.role) && !isOwn && (
          <IconButton
            label={t('details.removeNamed', { name: member.displayName })}
            onClick={onRemove}
          >
            <UserMinus size={17} />
          </IconButton>
        )}
      </span>
    </li>
  );
}

/** The name of a member. Where there is no space for it beside the actions, they are below it. */
function MemberName({
  member,
  isOwn,
  isDeactivated,
}: {
  member: Member;
  isOwn: boolean;
  isDeactivated: boolean;
}) {
  return (
    <span className="min-w-0 flex-1 basis-24">
      <span className="block truncate">
        <bdi>{member.displayName}</bdi> <GuestBadge id={member.account} />{' '}
        {isDeactivated && <Badge tone="danger">{t('common.deactivated')}</Badge>}{' '}
        {isOwn && <span className="text-muted">{t('details.you')}</span>}
      </span>
      <span className="block truncate text-note text-muted">
        <Handle name={member.username} />
      </span>
    </span>
  );
}

/** Asks for confirmation before a change that takes permissions from the user. */
function ConfirmChange({
  change,
  onCancel,
  onConfirm,
}: {
  change: Change | null;
  onCancel: () => void;
  onConfirm: (change: Change) => void;
}) {
  const isTransfer = change !== null && change.role === null;
  const name = change?.member.displayName ?? '';
  return (
    <Confirm
      open={change !== null}
      title={
        isTransfer ? t('details.transferOwnershipQuestion', { name }) : t('details.ownRoleQuestion')
      }
      description={isTransfer ? t('details.transferOwnershipIntro') : t('details.ownRoleIntro')}
      action={isTransfer ? t('details.transferOwnership') : t('details.changeOwnRole')}
      onCancel={onCancel}
      onConfirm={() => change && onConfirm(change)}
    />
  );
}
