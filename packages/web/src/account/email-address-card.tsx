import type { Me } from '@parley/protocol';
import { BadgeCheck } from 'lucide-react';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { ResendButton } from '../auth/resend-button.tsx';
import { useForm } from '../auth/use-form.ts';
import { errorMessage } from '../lib/text.ts';
import { useAccount } from '../session/use-account.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { toast } from '../ui/toast.ts';
import { ChangeEmail } from './change-email.tsx';

/** Shows the email address of the account and whether emails reach it, verifies it and changes it. */
export function EmailAddressCard({ me }: { me: Me }) {
  return (
    <Card
      title={t('common.email')}
      description={me.email}
      actions={
        me.emailFailure ? (
          <Badge tone="warn">{t('profile.notDelivered')}</Badge>
        ) : me.verified ? (
          <Badge tone="ok">
            <BadgeCheck size={14} /> {t('profile.verified')}
          </Badge>
        ) : (
          <Badge tone="warn">{t('common.notVerified')}</Badge>
        )
      }
    >
      {me.emailFailure && (
        <p className="mb-3 text-muted text-sm">{t('profile.notDeliveredHint')}</p>
      )}
      <div className="flex flex-wrap items-start gap-3">
        {me.verified && !me.emailFailure ? undefined : <Verify />}
        <ChangeEmail />
      </div>
    </Card>
  );
}

/** Sends a code to the address, and asks for it. */
function Verify() {
  const client = useClient();
  const account = useAccount();
  const [until, setUntil] = useState<number | null>(null);
  const form = useForm(['code'], async ({ code }) => {
    await account.verify(code);
    await client.refreshMe();
    toast.success(t('profile.emailVerified'));
  });
  const send = async () => {
    try {
      const { resendAfter } = await account.sendVerification();
      setUntil(Date.now() + resendAfter * 1000);
    } catch (error) {
      toast.error(errorMessage(error));
    }
  };
  if (until === null) {
    return (
      <Button look="primary" onClick={() => void send()}>
        {t('profile.sendCode')}
      </Button>
    );
  }
  return (
    <form {...form.props} className="flex max-w-xs flex-col gap-3">
      <Problem text={form.problem} />
      <CodeField
        name="code"
        label={t('common.verificationCode')}
        autoFocus
        error={form.errors.code}
        onFull={(element) => element.requestSubmit()}
      />
      <div className="flex gap-2">
        <Button type="submit" look="primary" busy={form.busy}>
          {t('profile.verifyEmail')}
        </Button>
        <ResendButton until={until} onResend={() => void send()} />
      </div>
    </form>
  );
}
