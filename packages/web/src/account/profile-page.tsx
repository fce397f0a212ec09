import type { Me } from '@parley/protocol';
import { BadgeCheck } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { PartTitle } from '../app/part-title.tsx';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { ImageField } from '../files/image-field.tsx';
import { errorMessage } from '../lib/text.ts';
import { timeZones } from '../lib/time-zones.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { Field } from '../ui/field.tsx';
import { RoleBadge } from '../ui/role-badge.tsx';
import { Select } from '../ui/select.tsx';
import { useCountdown } from '../ui/use-countdown.ts';
import { Handle } from '../users/handle.tsx';
import { ComposerCard } from './composer-card.tsx';
import { LanguageCard } from './language-card.tsx';
import { useAccount } from './use-account.ts';

/** Edits name and phone number, and verifies the email address. */
export function ProfilePage() {
  const me = useParley((s) => s.me);
  return (
    <>
      <PartTitle title={t('profile.title')} description={t('profile.intro')} />
      {me ? (
        <>
          <NameCard me={me} />
          <EmailCard me={me} />
          <LanguageCard />
          <ComposerCard />
        </>
      ) : (
        <div className="shimmer h-64 rounded-2xl" />
      )}
    </>
  );
}

const FIELDS = [
  'displayName',
  'firstName',
  'lastName',
  'phone',
  'title',
  'pronouns',
  'timeZone',
] as const;

function NameCard({ me }: { me: Me }) {
  const client = useClient();
  const account = useAccount();
  const form = useForm(FIELDS, async ({ displayName, firstName, lastName, phone, ...profile }) => {
    await account.update({
      displayName,
      firstName: firstName.trim() || null,
      lastName: lastName.trim() || null,
      phone: phone.trim() || null,
      title: profile.title.trim() || null,
      pronouns: profile.pronouns.trim() || null,
      timeZone: profile.timeZone || null,
    });
    await client.refreshMe();
    toast.success(t('common.changesSaved'));
  });
  return (
    <Card title={t('profile.personalDetails')}>
      <ImageField
        label={t('profile.avatar')}
        hasImage={me.avatar !== null}
        onSet={async (file) => {
          await client.api.images.setAvatar(file);
          await client.refreshMe();
        }}
        onRemove={async () => {
          await client.api.images.removeAvatar();
          await client.refreshMe();
        }}
      >
        <Avatar id={me.id} name={me.displayName} size={64} />
      </ImageField>
      <div className="mb-5 flex items-center gap-4">
        <div className="min-w-0">
          <p className="truncate font-semibold text-lg leading-snug">
            <bdi>{me.displayName}</bdi>
          </p>
          <p className="flex items-center gap-2 truncate text-muted text-sm">
            <Handle name={me.username} /> <RoleBadge role={me.role} />
          </p>
        </div>
      </div>
      <form {...form.props} className="grid grid-cols-1 gap-4 min-[480px]:grid-cols-2">
        <div className="min-[480px]:col-span-2">
          <Problem text={form.problem} />
        </div>
        <Field
          name="displayName"
          label={t('common.yourName')}
          autoComplete="name"
          defaultValue={me.displayName}
          required
          hint={t('common.yourNameHint')}
          className="min-[480px]:col-span-2"
          error={form.errors.displayName}
        />
        <Field
          name="firstName"
          label={t('common.firstName')}
          autoComplete="given-name"
          defaultValue={me.firstName ?? ''}
          error={form.errors.firstName}
        />
        <Field
          name="lastName"
          label={t('common.lastName')}
          autoComplete="family-name"
          defaultValue={me.lastName ?? ''}
          error={form.errors.lastName}
        />
        <Field
          name="phone"
          type="tel"
          label={t('common.phone')}
          autoComplete="tel"
          defaultValue={me.phone ?? ''}
          className="min-[480px]:col-span-2"
          error={form.errors.phone}
        />
        <Field
          name="title"
          label={t('profile.jobTitle')}
          autoComplete="organization-title"
          defaultValue={me.title ?? ''}
          error={form.errors.title}
        />
        <Field
          name="pronouns"
          label={t('profile.pronouns')}
          defaultValue={me.pronouns ?? ''}
          error={form.errors.pronouns}
        />
        <Select
          name="timeZone"
          label={t('profile.timeZone')}
          options={[['', t('profile.noTimeZone')], ...timeZones(me.timeZone)]}
          defaultValue={me.timeZone ?? ''}
          className="min-[480px]:col-span-2"
        />
        <div className="min-[480px]:col-span-2">
          <Button type="submit" look="primary" busy={form.busy}>
            {t('common.saveChanges')}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function EmailCard({ me }: { me: Me }) {
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
      {me.verified && !me.emailFailure ? undefined : <Verify />}
    </Card>
  );
}

function Verify() {
  const client = useClient();
  const account = useAccount();
  const [until, setUntil] = useState<number | null>(null);
  const secondsLeft = useCountdown(until ?? 0);
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
        <Button look="quiet" disabled={secondsLeft > 0} onClick={() => void send()}>
          <span className="tabular-nums">
            {secondsLeft > 0
              ? t('common.resendCodeIn', { seconds: secondsLeft })
              : t('common.resendCode')}
          </span>
        </Button>
      </div>
    </form>
  );
}
