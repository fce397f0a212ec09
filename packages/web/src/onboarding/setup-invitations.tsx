import { useRef, useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useAuthOptions } from '../auth/use-auth-options.ts';
import { useForm } from '../auth/use-form.ts';
import { listOf } from '../lib/text.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { toast } from '../ui/toast.ts';
import { addressesIn, INVITED_MAX } from './addresses.ts';
import { forEachRemaining } from './remaining.ts';
import type { SetupStepProps } from './setup-step.ts';

/** How many people can register with the link. */
const USES = 100;

/** The step that invites people: by email, or with a link to pass on. */
export function SetupInvitations({ onDone }: SetupStepProps) {
  const admin = useAdmin();
  const hasOutbox = useAuthOptions()?.email === 'outbox';
  const [link, setLink] = useState<string | null>(null);
  /** After a failure, those already invited. */
  const invited = useRef(new Set<string>());
  const form = useForm(['addresses'], async ({ addresses: text }, _data, element) => {
    const { addresses, wrong } = addressesIn(text);
    if (wrong.length > 0) throw new Error(t('setup.wrongAddresses', { list: listOf(wrong) }));
    if (addresses.length > INVITED_MAX) {
      throw new Error(t('setup.tooManyAddresses', { count: INVITED_MAX }));
    }
    await forEachRemaining(addresses, invited.current, (email) =>
      admin.createInvitation({ email, maxUses: 1 }),
    );
    if (addresses.length > 0) {
      element.reset();
      toast.success(t('setup.invited', { count: addresses.length }));
    }
    await onDone();
  });
  const createLink = () =>
    attempt(async () => setLink((await admin.createInvitation({ maxUses: USES })).link));
  return (
    <>
      <p className="text-muted">{t('setup.invitationsIntro')}</p>
      <Card title={t('setup.link')} description={t('setup.linkIntro', { count: USES })}>
        {link === null ? (
          <Button onClick={() => void createLink()}>{t('setup.createLink')}</Button>
        ) : (
          <div className="flex flex-col items-start gap-3">
            <code
              dir="ltr"
              className="w-full select-all break-all rounded-xl border border-line bg-sunken p-3 text-note"
            >
              {link}
            </code>
            <CopyButton autoFocus text={link} label={t('invitations.copyLink')} />
          </div>
        )}
      </Card>
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={form.problem} />
        <TextArea
          name="addresses"
          label={t('setup.addresses')}
          placeholder={t('setup.addressesPlaceholder')}
          error={form.errors.addresses}
        />
        {hasOutbox && <p className="text-note text-warn">{t('setup.noEmail')}</p>}
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11 self-start">
          {t('common.continue')}
        </Button>
      </form>
    </>
  );
}
