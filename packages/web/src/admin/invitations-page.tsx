import type { CreatedInvitation, Invitation } from '@parley/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Plus, Ticket } from 'lucide-react';
import { useId, useState } from 'react';
import { dateOf, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { InviteForm } from './invite-form.tsx';

/** Lists invitations, creates and revokes them. */
export function InvitationsPage() {
  const admin = useAdmin();
  const refresh = useRefresh();
  const invitations = useQuery({
    queryKey: keys.invitations(),
    queryFn: ({ signal }) => admin.invitations({ signal }),
  });
  const revoke = useMutation({
    mutationFn: (invitation: Invitation) => admin.revokeInvitation(invitation.id),
    onSuccess: () => refresh(keys.invitations()),
    meta: { done: t('invitations.revoked') },
  });
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  return (
    <>
      <PartTitle
        title={t('invitations.title')}
        description={t('invitations.intro')}
        actions={
          <Button look="primary" onClick={() => setCreating(true)}>
            <Plus size={16} /> {t('invitations.create')}
          </Button>
        }
      />
      <Loading of={invitations} />
      {invitations.data?.length === 0 && (
        <Empty icon={<Ticket size={22} />} title={t('invitations.none')}>
          {t('invitations.noneHint')}
        </Empty>
      )}
      {invitations.data && invitations.data.length > 0 && (
        <ul className="overflow-hidden rounded-2xl border border-line bg-raised">
          {invitations.data.map((invitation) => (
            <Row
              key={invitation.id}
              invitation={invitation}
              onRevoke={() => setRevoking(invitation)}
            />
          ))}
        </ul>
      )}
      <CreateDialog open={creating} onClose={() => setCreating(false)} />
      <Confirm
        open={revoking !== null}
        title={t('invitations.revokeQuestion')}
        description={t('invitations.revokeIntro')}
        action={t('invitations.revoke')}
        onCancel={() => setRevoking(null)}
        onConfirm={() => {
          if (revoking) revoke.mutate(revoking);
          setRevoking(null);
        }}
      />
    </>
  );
}

function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const refresh = useRefresh();
  const [created, setCreated] = useState<CreatedInvitation | null>(null);
  const close = () => {
    onClose();
    setCreated(null);
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={created ? t('invitations.createdTitle') : t('invitations.create')}
      description={created ? t('invitations.createdIntro') : t('invitations.createIntro')}
    >
      {created ? (
        <Created invitation={created} onDone={close} />
      ) : (
        <InviteForm
          onCreated={(invitation) => {
            setCreated(invitation);
            void refresh(keys.invitations());
          }}
        />
      )}
    </Dialog>
  );
}

/** Shows the link of a new invitation, which only its creator learns. */
function Created({ invitation, onDone }: { invitation: CreatedInvitation; onDone: () => void }) {
  const { email, link } = invitation;
  return (
    <div className="flex flex-col gap-4 pt-2">
      {email !== null && (
        <p className="text-muted text-sm">{t('invitations.emailed', { email })}</p>
      )}
      <code
        dir="ltr"
        className="select-all break-all rounded-xl border border-line bg-sunken p-4 text-note"
      >
        {link}
      </code>
      <div className="flex flex-wrap justify-end gap-2">
        <CopyButton text={link} label={t('invitations.copyLink')} />
        <Button look="primary" onClick={onDone}>
          {t('invitations.done')}
        </Button>
      </div>
    </div>
  );
}

type InvitationState = 'active' | 'revoked' | 'usedUp' | 'expired';

function stateOf({ revokedAt, expiresAt, uses, maxUses }: Invitation): InvitationState {
  if (revokedAt !== null) return 'revoked';
  if (uses >= maxUses) return 'usedUp';
  return Date.parse(expiresAt) < Date.now() ? 'expired' : 'active';
}

function Row({ invitation, onRevoke }: { invitation: Invitation; onRevoke: () => void }) {
  const id = useId();
  const state = stateOf(invitation);
  return (
    <li className="flex min-h-16 flex-wrap items-center gap-3 border-line border-t px-4 py-2.5 first:border-t-0">
      <span id={id} className="min-w-0 flex-1 basis-48">
        <span className="flex flex-wrap items-center gap-2">
          <span className="truncate font-medium">
            {invitation.email ?? t('invitations.forAnyone')}
          </span>
          {invitation.guest && (
            <Badge tone="warn">
              {t('guests.invitation', { count: invitation.guest.groups.length })}
            </Badge>
          )}
          <Badge tone={state === 'active' ? 'ok' : 'plain'}>{t(`invitationState.${state}`)}</Badge>
        </span>
        <span className="block text-note text-muted">
          {t('invitations.used', { uses: invitation.uses, max: invitation.maxUses })} ·{' '}
          <span title={fullTime(invitation.expiresAt)}>
            {t(state === 'expired' ? 'common.expiredOn' : 'common.expiresOn', {
              date: dateOf(invitation.expiresAt),
            })}
          </span>
        </span>
      </span>
      {state === 'active' && (
        <Button aria-describedby={id} onClick={onRevoke}>
          {t('common.revoke')}
        </Button>
      )}
    </li>
  );
}
