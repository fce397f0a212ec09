import type { Me } from '@parley/protocol';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { ImageField } from '../files/image-field.tsx';
import { timeZones } from '../lib/time-zones.ts';
import { useAccount } from '../session/use-account.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { RoleBadge } from '../ui/role-badge.tsx';
import { Select } from '../ui/select.tsx';
import { toast } from '../ui/toast.ts';
import { Handle } from '../users/handle.tsx';

const FIELDS = [
  'displayName',
  'firstName',
  'lastName',
  'phone',
  'title',
  'pronouns',
  'timeZone',
] as const;

/** Shows how others see the account, and changes its photo, names and profile. */
export function NameCard({ me }: { me: Me }) {
  return (
    <Card title={t('profile.personalDetails')}>
      <Photo me={me} />
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
      <ProfileForm me={me} />
    </Card>
  );
}

function Photo({ me }: { me: Me }) {
  const client = useClient();
  return (
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
  );
}

/** The form with the names, the phone number and the profile. */
function ProfileForm({ me }: { me: Me }) {
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
  );
}
