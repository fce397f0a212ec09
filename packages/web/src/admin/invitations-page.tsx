import type { CreatedInvitation, Invitation } from '@parley/protocol';
import { Plus, Ticket } from 'lucide-react';
import { useState } from 'react';
import { PartTitle } from '../app/tabbed-page.tsx';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { attempt } from '../lib/attempt.ts';
import { inUnits } from '../lib/text.ts';
import { dateOf, fullTime } from '../lib/time.ts';
import { t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { Select } from '../ui/select.tsx';
import { useLoad } from '../ui/use-load.ts';
import { useAdmin } from './use-admin.ts';

const DAY_MS = 86_400_000;

/** Lists invitations, creates and revokes them. */
export function InvitationsPage() {
  const admin = useAdmin();
  const invitations = useLoad(() => admin.invitations());
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<CreatedInvitation | null>(null);
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
      <Dialog
        open={creating}
        onClose={() => {
          setCreating(false);
          setCreated(null);
        }}
        title={created ? t('invitations.createdTitle') : t('invitations.create')}
        description={created ? t('invitations.createdIntro') : t('invitations.createIntro')}
      >
        {created ? (
          <div className="flex flex-col gap-4 pt-2">
            {created.email !== null && (
              <p className="text-muted text-sm">
                {t('invitations.emailed', { email: created.email })}
              </p>
            )}
            <code className="select-all break-all rounded-xl border border-line bg-sunken p-4 text-[13px]">
              {created.link}
            </code>
            <div className="flex flex-wrap justify-end gap-2">
              <CopyButton text={created.link} label={t('invitations.copyLink')} />
              <Button
                look="primary"
                onClick={() => {
                  setCreating(false);
                  setCreated(null);
                }}
              >
                {t('invitations.done')}
              </Button>
            </div>
          </div>
        ) : (
          <InviteForm
            onCreated={(invitation) => {
              setCreated(invitation);
              void invitations.reload();
            }}
          />
        )}
      </Dialog>
      <Confirm
        open={revoking !== null}
        title={t('invitations.revokeQuestion')}
        description={t('invitations.revokeIntro')}
        action={t('invitations.revoke')}
        onCancel={() => setRevoking(null)}
        onConfirm={() =>
          void attempt(async () => {
            if (revoking) await admin.revokeInvitation(revoking.id);
            await invitations.reload();
          }, t('invitations.revoked'))
        }
      />
    </>
  );
}

type InvitationState = 'active' | 'revoked' | 'usedUp' | 'expired';

function stateOf({ revokedAt, expiresAt, uses, maxUses }: Invitation): InvitationState {
  if (revokedAt !== null) return 'revoked';
  if (uses >= maxUses) return 'usedUp';
  return Date.parse(expiresAt) < Date.now() ? 'expired' : 'active';
}

function Row({ invitation, onRevoke }: { invitation: Invitation; onRevoke: () => void }) {
  const state = stateOf(invitation);
  return (
    <li className="flex min-h-16 flex-wrap items-center gap-3 border-line border-t px-4 py-2.5 first:border-t-0">
      <span className="min-w-0 flex-1 basis-48">
        <span className="flex flex-wrap items-center gap-2">
          <span className="truncate font-medium">
            {invitation.email ?? t('invitations.forAnyone')}
          </span>
          <Badge tone={state === 'active' ? 'ok' : 'plain'}>{t(`invitationState.${state}`)}</Badge>
        </span>
        <span className="block text-[13px] text-muted">
          {t('invitations.used', { uses: invitation.uses, max: invitation.maxUses })} ·{' '}
          <span title={fullTime(invitation.expiresAt)}>
            {t(state === 'expired' ? 'common.expiredOn' : 'common.expiresOn', {
              date: dateOf(invitation.expiresAt),
            })}
          </span>
        </span>
      </span>
      {state === 'active' && <Button onClick={onRevoke}>{t('common.revoke')}</Button>}
    </li>
  );
}

function InviteForm({ onCreated }: { onCreated: (invitation: CreatedInvitation) => void }) {
  const admin = useAdmin();
  const form = useForm(['email', 'maxUses', 'days'], async ({ email, maxUses, days }) => {
    onCreated(
      await admin.createInvitation({
        ...(email.trim() && { email: email.trim() }),
        maxUses: Number(maxUses) || 1,
        expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
      }),
    );
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Field
        name="email"
        type="email"
        label={t('common.email')}
        hint={t('invitations.emailHint')}
        autoFocus
        error={form.errors.email}
      />
      <div className="grid grid-cols-2 gap-4">
        <Field
          name="maxUses"
          type="number"
          min={1}
          max={1000}
          defaultValue={1}
          label={t('invitations.maxUses')}
          error={form.errors.maxUses}
        />
        <Select
          name="days"
          label={t('invitations.expiresAfter')}
          options={[
            ['7', inUnits(7, 'day')],
            ['1', inUnits(1, 'day')],
            ['30', inUnits(30, 'day')],
          ]}
        />
      </div>
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
        {t('invitations.submit')}
      </Button>
    </form>
  );
}
