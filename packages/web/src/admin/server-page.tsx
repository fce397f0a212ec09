import type {
  ExpiredCount,
  ImageId,
  ServerSettingsAnswer,
  ServerSettingsChange,
} from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { PartTitle } from '../app/part-title.tsx';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { ImageField } from '../files/image-field.tsx';
import { inUnits } from '../lib/text.ts';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { deletionWarning, periodOptions } from '../retention/periods.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { Logo } from '../ui/logo.tsx';
import { Select } from '../ui/select.tsx';
import { serverSettingsQuery } from './server-settings-query.ts';
import { useAdmin } from './use-admin.ts';
import { WordFilterForm } from './word-filter.tsx';

/** Edits the settings of the server that are stored in its database. */
export function ServerPage() {
  const admin = useAdmin();
  const loaded = useQuery(serverSettingsQuery(admin));
  const refresh = useRefresh();
  const onSaved = () => void refresh(keys.serverSettings());
  return (
    <>
      <PartTitle title={t('server.title')} description={t('server.intro')} />
      <Loading of={loaded} />
      {loaded.data && <Icon icon={loaded.data.settings.icon} onSaved={onSaved} />}
      {loaded.data && <Form loaded={loaded.data} onSaved={onSaved} />}
      <WordFilterForm />
    </>
  );
}

/** The icon of the server, which is changed separately. */
function Icon({ icon, onSaved }: { icon: ImageId | null; onSaved: () => void }) {
  const { images } = useClient().api;
  return (
    <section className="rounded-2xl border border-line bg-raised p-4 sm:p-5">
      <ImageField
        label={t('server.icon')}
        hasImage={icon !== null}
        onSet={async (file) => {
          await images.setServerIcon(file);
          onSaved();
        }}
        onRemove={async () => {
          await images.removeServerIcon();
          onSaved();
        }}
      >
        <Logo size={64} />
      </ImageField>
    </section>
  );
}

const FIELDS = [
  'name',
  'mode',
  'domains',
  'groupCreation',
  'emojiCreation',
  'messageEditWindow',
  'messageDeleteWindow',
  'messageRetentionDays',
  'groupRetention',
  'linkPreviews',
  'emailContent',
] as const;

/** The time limits that the page offers, in seconds; an empty value is no limit. */
const windows = (now: number | null): [string, string][] => {
  const offered: [string, string][] = [
    ['', t('server.noLimit')],
    ['0', t('server.notAllowed')],
    ['300', inUnits(5, 'minute')],
    ['3600', inUnits(1, 'hour')],
    ['86400', inUnits(1, 'day')],
    ['604800', inUnits(7, 'day')],
  ];
  const isOffered = now === null || offered.some(([value]) => value === String(now));
  return isOffered ? offered : [...offered, [String(now), inUnits(now, 'second')]];
};
const numberOf = (value: string): number | null => (value === '' ? null : Number(value));

function Form({ loaded, onSaved }: { loaded: ServerSettingsAnswer; onSaved: () => void }) {
  const admin = useAdmin();
  const client = useClient();
  const { settings, overridden } = loaded;
  const variableOf = (name: string) => overridden.find(({ setting }) => setting === name)?.variable;
  const fixed = variableOf('registration');
  const [asking, setAsking] = useState<{
    count: ExpiredCount;
    answer: (isConfirmed: boolean) => void;
  } | null>(null);
  /** Asks for confirmation if a change deletes messages. */
  const isConfirmed = async (change: ServerSettingsChange): Promise<boolean> => {
    const { messageRetentionDays: days, groupRetention = settings.groupRetention } = change;
    const isSame =
      days === settings.messageRetentionDays && groupRetention === settings.groupRetention;
    if (isSame) return true;
    const query = { groupRetention, ...(days && { days }) };
    const count = await client.api.retention.countAllExpired(query);
    if (count.messages === 0) return true;
    return await new Promise<boolean>((answer) => setAsking({ count, answer }));
  };
  const answer = (isConfirmed: boolean) => {
    asking?.answer(isConfirmed);
    setAsking(null);
  };
  const fixedPreviews = variableOf('linkPreviews');
  const form = useForm(FIELDS, async (values) => {
    const mode = values.mode as typeof settings.registration.mode;
    const domains = values.domains.split(/[\s,]+/).filter((domain) => domain !== '');
    const change: ServerSettingsChange = {
      name: values.name,
      groupCreation: values.groupCreation as typeof settings.groupCreation,
      emojiCreation: values.emojiCreation as typeof settings.emojiCreation,
      messageEditWindow: numberOf(values.messageEditWindow),
      messageDeleteWindow: numberOf(values.messageDeleteWindow),
      messageRetentionDays: numberOf(values.messageRetentionDays),
      groupRetention: values.groupRetention as typeof settings.groupRetention,
      emailContent: values.emailContent === 'on',
      ...(fixedPreviews === undefined && { linkPreviews: values.linkPreviews === 'on' }),
      ...(fixed === undefined && {
        registration: { mode, domains: mode === 'domain' ? domains : [] },
      }),
    };
    if (!(await isConfirmed(change))) return;
    await admin.changeServerSettings(change);
    toast.success(t('common.changesSaved'));
    onSaved();
  });
  return (
    <section className="rounded-2xl border border-line bg-raised p-4 sm:p-5">
      <form {...form.props} className="grid grid-cols-1 gap-4 min-[480px]:grid-cols-2">
        <div className="min-[480px]:col-span-2">
          <Problem text={form.problem} />
        </div>
        <Field
          name="name"
          label={t('server.name')}
          defaultValue={settings.name}
          error={form.errors.name}
        />
        <Select
          name="groupCreation"
          label={t('server.groupCreation')}
          defaultValue={settings.groupCreation}
          options={[
            ['everyone', t('server.everyone')],
            ['admins', t('server.admins')],
          ]}
        />
        <Select
          name="emojiCreation"
          label={t('server.emojiCreation')}
          defaultValue={settings.emojiCreation}
          options={[
            ['everyone', t('server.everyone')],
            ['admins', t('server.admins')],
          ]}
        />
        <Select
          name="mode"
          label={t('server.registration')}
          defaultValue={settings.registration.mode}
          disabled={fixed !== undefined}
          options={[
            ['open', t('server.open')],
            ['invitation', t('server.invitation')],
            ['domain', t('server.domain')],
            ['closed', t('server.closed')],
          ]}
        />
        <Field
          name="domains"
          label={t('server.domains')}
          hint={
            fixed === undefined ? t('server.domainsHint') : t('server.fixed', { variable: fixed })
          }
          defaultValue={settings.registration.domains.join(', ')}
          disabled={fixed !== undefined}
          error={form.errors.domains}
        />
        <Select
          name="messageEditWindow"
          label={t('server.editWindow')}
          defaultValue={settings.messageEditWindow ?? ''}
          options={windows(settings.messageEditWindow)}
        />
        <Select
          name="messageDeleteWindow"
          label={t('server.deleteWindow')}
          defaultValue={settings.messageDeleteWindow ?? ''}
          options={windows(settings.messageDeleteWindow)}
        />
        <Select
          name="messageRetentionDays"
          label={t('server.retention')}
          defaultValue={settings.messageRetentionDays ?? ''}
          options={[['', t('retention.forever')], ...periodOptions(settings.messageRetentionDays)]}
        />
        <Select
          name="groupRetention"
          label={t('server.groupRetention')}
          defaultValue={settings.groupRetention}
          options={[
            ['server', t('server.groupsNothing')],
            ['shorter', t('server.groupsShorter')],
            ['any', t('server.groupsAny')],
          ]}
        />
        <Select
          name="linkPreviews"
          label={t('server.linkPreviews')}
          defaultValue={settings.linkPreviews ? 'on' : 'off'}
          disabled={fixedPreviews !== undefined}
          options={[
            ['on', t('server.linkPreviewsOn')],
            ['off', t('server.linkPreviewsOff')],
          ]}
        />
        <Select
          name="emailContent"
          label={t('server.emailContent')}
          defaultValue={settings.emailContent ? 'on' : 'off'}
          options={[
            ['on', t('server.emailContentOn')],
            ['off', t('server.emailContentOff')],
          ]}
        />
        <div className="min-[480px]:col-span-2">
          <Button type="submit" look="primary" busy={form.busy}>
            {t('common.saveChanges')}
          </Button>
        </div>
      </form>
      <Confirm
        open={asking !== null}
        title={t('retention.confirm')}
        description={asking ? deletionWarning(asking.count) : ''}
        action={t('retention.delete')}
        onCancel={() => answer(false)}
        onConfirm={() => answer(true)}
      />
    </section>
  );
}
