import type { ConversationView } from '@parley/client';
import type { AccountId, ConversationPermission, Member, MemberRole, Seq } from '@parley/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Archive, ArchiveRestore, Crown, LogOut, Trash2, UserMinus, UserPlus } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { toast } from 'sonner';
import { attempt } from '../lib/attempt.ts';
import { errorMessage } from '../lib/text.ts';
import { ConversationNotifications } from '../notifications/conversation-choice.tsx';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { GuestBadge } from '../users/guest-badge.tsx';
import { Handle } from '../users/handle.tsx';
import { UsersPicker } from '../users/user-picker.tsx';
import { Bans } from './bans.tsx';
import { BlockUser } from './block-user.tsx';
import { ConversationFiles } from './conversation-files.tsx';
import { DetailsShell } from './details-shell.tsx';
import { GroupLinks } from './group-links.tsx';
import { GroupReports } from './group-reports.tsx';
import { GroupSettings } from './group-settings.tsx';
import { MemberRoleChoice } from './member-role.tsx';
import { titleOf } from './naming.ts';
import { PinnedMessages } from './pinned-messages.tsx';
import { RemoveMember } from './remove-member.tsx';

const NONE: readonly Member[] = [];

/** Why the details are opened: to see them all, or for a specific action. */
export type DetailsPart = 'all' | 'add-people' | 'description';

/**
 * Shows the description of a conversation, its settings, pins, files and members, and the actions
 * that the user may take.
 */
export function Details({
  view,
  isWide,
  part,
  onClose,
  onLeaving,
  onJump,
}: {
  view: ConversationView;
  /** Whether there is space for a pane beside the conversation. */
  isWide: boolean;
  /** Null: they are closed. */
  part: DetailsPart | null;
  onClose: () => void;
  /** Called with true before the user leaves or deletes the group, with false if that fails. */
  onLeaving: (isLeaving: boolean) => void;
  /** Shows a message, in the conversation or in this thread. A dialog is closed by then. */
  onJump: (seq: Seq, thread: Seq | null) => void;
}) {
  const open = part !== null;
  const client = useClient();
  const navigate = useNavigate();
  const users = useParley((s) => s.users);
  const me = useParley((s) => s.me);
  const [confirming, setConfirming] = useState<'leave' | 'delete' | 'archive' | Change | null>(
    null,
  );
  const [adding, setAdding] = useState(false);
  useEffect(() => setAdding(part === 'add-people'), [part]);
  const [removing, setRemoving] = useState<Member | null>(null);
  /** The message to show when the dialog is closed: until then it keeps the focus. */
  const jump = useRef<readonly [Seq, thread: Seq | null] | null>(null);
  const may = (action: ConversationPermission) => view.permissions.includes(action);

  const members = useInfiniteQuery({
    ...pagesQuery(
      keys.members(view.id),
      (after: string | undefined, options) =>
        client.api.members(view.id, { limit: 100, ...(after && { after }) }, options),
      ({ account }) => account,
    ),
    enabled: open,
  });

  const changeRole = ({ member, role }: Change) =>
    attempt(async () => {
      if (role) await client.api.changeMemberRole(view.id, member.account, role);
      else await client.api.transferOwnership(view.id, member.account);
    });
  const end = (work: () => Promise<unknown>) =>
    attempt(async () => {
      onLeaving(true);
      try {
        await work();
      } catch (error) {
        onLeaving(false);
        throw error;
      }
      onClose();
      await navigate({ to: '/' });
    });

  return (
    <DetailsShell
      isWide={isWide}
      open={open}
      onClose={onClose}
      onClosed={() => {
        if (jump.current !== null) onJump(...jump.current);
        jump.current = null;
      }}
      title={titleOf(view, users)}
    >
      <GroupSettings view={view} focusesDescription={part === 'description'} />
      <ConversationNotifications conversation={view.id} />
      <PinnedMessages
        view={view}
        onJump={(seq, thread) => {
          // In a pane the list of pins stays beside the message.
          if (isWide) return onJump(seq, thread);
          jump.current = [seq, thread];
          onClose();
        }}
      />
      <ConversationFiles view={view} />
      <div className="flex items-center justify-between">
        <h3 className="font-medium text-sm text-soft">
          {t('common.members', { count: view.memberCount })}
        </h3>
        {may('add_member') && (
          <Button look="quiet" onClick={() => setAdding(!adding)} aria-expanded={adding}>
            <UserPlus size={16} /> {t('common.addPeople')}
          </Button>
        )}
      </div>
      {may('add_member') && <GroupLinks view={view} />}
      {adding && (
        <AddMembers
          view={view}
          members={members.data?.items ?? NONE}
          onDone={() => setAdding(false)}
        />
      )}
      <ul className="-mx-2 mt-1">
        {members.data?.items.map((member) => (
          <li key={member.account} className="flex min-h-12 items-center gap-3 rounded-lg px-2">
            <Avatar
              id={member.account}
              name={member.displayName}
              size={32}
              avatar={member.avatar}
            />
            <span className="min-w-0 flex-1">
              <span className="block truncate">
                <bdi>{member.displayName}</bdi> <GuestBadge id={member.account} />{' '}
                {member.account === me?.id && (
                  <span className="text-muted">{t('details.you')}</span>
                )}
              </span>
              <span className="block truncate text-note text-muted">
                <Handle name={member.username} />
              </span>
            </span>
            <MemberRoleChoice
              member={member}
              onChange={
                may('change_role')
                  ? (role) => {
                      // Permissions that an owner gives up must be restored by another one.
                      if (member.account === me?.id) setConfirming({ member, role });
                      else void changeRole({ member, role });
                    }
                  : null
              }
            />
            {may('change_role') && member.role !== 'owner' && (
              <IconButton
                label={t('details.transferOwnershipNamed', { name: member.displayName })}
                onClick={() => setConfirming({ member, role: null })}
              >
                <Crown size={17} />
              </IconButton>
            )}
            {view.removableRoles.includes(member.role) && member.account !== me?.id && (
              <IconButton
                label={t('details.removeNamed', { name: member.displayName })}
                onClick={() => setRemoving(member)}
              >
                <UserMinus size={17} />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      <Loading of={members} />
      <ShowMore of={members} className="mt-2 w-full">
        {t('common.showMore')}
      </ShowMore>
      {may('ban') && <Bans view={view} />}
      {may('ban') && <GroupReports view={view} />}
      {view.peer !== null && <BlockUser account={view.peer} name={titleOf(view, users)} />}
      {(may('leave') || may('archive') || may('delete')) && (
        <div className="mt-5 flex flex-wrap gap-2 border-line border-t pt-4">
          {may('leave') && (
            <Button onClick={() => setConfirming('leave')}>
              <LogOut size={16} /> {t('details.leave')}
            </Button>
          )}
          {may('archive') &&
            (view.archivedAt === null ? (
              <Button onClick={() => setConfirming('archive')}>
                <Archive size={16} /> {t('details.archive')}
              </Button>
            ) : (
              <Button onClick={() => void attempt(() => client.api.restoreGroup(view.id))}>
                <ArchiveRestore size={16} /> {t('details.restore')}
              </Button>
            ))}
          {may('delete') && (
            <Button look="risky" onClick={() => setConfirming('delete')}>
              <Trash2 size={16} /> {t('details.delete')}
            </Button>
          )}
        </div>
      )}
      <Confirm
        open={confirming === 'leave'}
        title={t('details.leaveQuestion')}
        description={
          view.visibility === 'public' ? t('details.leavePublic') : t('details.leavePrivate')
        }
        action={t('details.leave')}
        onCancel={() => setConfirming(null)}
        onConfirm={() => void end(() => client.api.leave(view.id))}
      />
      <Confirm
        open={confirming === 'delete'}
        title={t('details.deleteQuestion')}
        description={t('details.deleteIntro')}
        action={t('details.delete')}
        onCancel={() => setConfirming(null)}
        onConfirm={() => void end(() => client.api.deleteGroup(view.id))}
      />
      <Confirm
        open={confirming === 'archive'}
        title={t('details.archiveQuestion')}
        description={t('details.archiveIntro')}
        action={t('details.archive')}
        onCancel={() => setConfirming(null)}
        onConfirm={() => void attempt(() => client.api.archiveGroup(view.id))}
      />
      <RemoveMember
        member={removing}
        mayBan={may('ban')}
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
        change={typeof confirming === 'object' ? confirming : null}
        onCancel={() => setConfirming(null)}
        onConfirm={(change) => void changeRole(change)}
      />
    </DetailsShell>
  );
}

/**
 * A role change that takes permissions from the user: another role, or null if ownership is
 * transferred.
 */
interface Change {
  readonly member: Member;
  readonly role: MemberRole | null;
}

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

function AddMembers({
  view,
  members,
  onDone,
}: {
  view: ConversationView;
  members: readonly Member[];
  onDone: () => void;
}) {
  const client = useClient();
  const [chosen, setChosen] = useState<readonly AccountId[]>([]);
  const [busy, setBusy] = useState(false);
  const without = useMemo(() => new Set(members.map((m) => m.account)), [members]);
  const add = async () => {
    setBusy(true);
    try {
      for (const account of chosen) await client.api.addMember(view.id, account);
      onDone();
    } catch (error) {
      toast.error(errorMessage(error));
    }
    setBusy(false);
  };
  return (
    <div className="my-2 rounded-xl border border-line p-3">
      <UsersPicker
        label={t('details.peopleToAdd')}
        chosen={chosen}
        onChange={setChosen}
        without={without}
        autoFocus
      />
      <Button
        look="primary"
        className="mt-2 w-full"
        busy={busy}
        disabled={chosen.length === 0}
        onClick={() => void add()}
      >
        {t('details.add')}
      </Button>
    </div>
  );
}
