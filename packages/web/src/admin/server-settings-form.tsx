import type {
  ExpiredCount,
  ServerSettings,
  ServerSettingsAnswer,
  ServerSettingsChange,
} from '@parley/protocol';
import { type ReactNode, useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { inUnits } from '../lib/text.ts';
import { deletionWarning, periodOptions } from '../retention/periods.ts';
import { useAdmin } from '../session/use-admin.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { toast } from '../ui/toast.ts';
import { SettingsGroup } from './settings-group.tsx';

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

/** The environment variables that override settings of the form; undefined for one that can be changed here. */
interface Overrides {
  readonly registration: string | undefined;
  readonly linkPreviews: string | undefined;
}

interface FieldsProps {
  settings: ServerSettings;
  errors: Partial<Record<(typeof FIELDS)[number], string>>;
  overrides: Overrides;
}

/** Edits all settings of the server but its icon. */
export function ServerSettingsForm({
  loaded,
  onSaved,
}: {
  loaded: ServerSettingsAnswer;
  onSaved: () => void;
}) {
  const admin = useAdmin();
  const { settings, overridden } = loaded;
  const variableOf = (name: string) => overridden.find(({ setting }) => setting === name)?.variable;
  const overrides = {
    registration: variableOf('registration'),
    linkPreviews: variableOf('linkPreviews'),
  };
  const [confirmDeletion, confirmation] = useDeletionConfirmation(settings);
  const form = useForm(FIELDS, async (values) => {
    const change = changeOf(values, overrides);
    if (!(await confirmDeletion(change))) return;
    await admin.changeServerSettings(change);
    toast.success(t('common.changesSaved'));
    onSaved();
  });
  const props = { settings, errors: form.errors, overrides };
  return (
    <section className="rounded-2xl border border-line bg-raised p-4 sm:p-5">
      <form {...form.props} className="flex flex-col gap-5">
        <Problem text={form.problem} />
        <GeneralFields {...props} />
        <RegistrationFields {...props} />
        <ChangeFields {...props} />
        <RetentionFields {...props} />
        <PrivacyFields {...props} />
        <Button type="submit" look="primary" busy={form.busy} className="self-start">
          {t('common.saveChanges')}
        </Button>
      </form>
      {confirmation}
    </section>
  );
}

/** Returns the change that the values of the form describe, without overridden settings. */
function changeOf(
  values: Readonly<Record<(typeof FIELDS)[number], string>>,
  overrides: Overrides,
): ServerSettingsChange {
  const mode = values.mode as ServerSettings['registration']['mode'];
  const domains = values.domains.split(/[\s,]+/).filter((domain) => domain !== '');
  return {
    name: values.name,
    groupCreation: values.groupCreation as ServerSettings['groupCreation'],
    emojiCreation: values.emojiCreation as ServerSettings['emojiCreation'],
    messageEditWindow: numberOf(values.messageEditWindow),
    messageDeleteWindow: numberOf(values.messageDeleteWindow),
    messageRetentionDays: numberOf(values.messageRetentionDays),
    groupRetention: values.groupRetention as ServerSettings['groupRetention'],
    emailContent: values.emailContent === 'on',
    ...(overrides.linkPreviews === undefined && { linkPreviews: values.linkPreviews === 'on' }),
    ...(overrides.registration === undefined && {
      registration: { mode, domains: mode === 'domain' ? domains : [] },
    }),
  };
}

/**
 * Returns a function that asks for confirmation if a change of the settings deletes messages, and the dialog in which
 * it asks.
 */
function useDeletionConfirmation(
  settings: ServerSettings,
): [confirm: (change: ServerSettingsChange) => Promise<boolean>, dialog: ReactNode] {
  const client = useClient();
  const [asking, setAsking] = useState<{
    count: ExpiredCount;
    answer: (isConfirmed: boolean) => void;
  } | null>(null);
  const confirm = async (change: ServerSettingsChange): Promise<boolean> => {
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
  return [
    confirm,
    <Confirm
      key="confirmation"
      open={asking !== null}
      title={t('retention.confirm')}
      description={asking ? deletionWarning(asking.count) : ''}
      action={t('retention.delete')}
      onCancel={() => answer(false)}
      onConfirm={() => answer(true)}
    />,
  ];
}

/** The name of the server, and who may create groups and emoji. */
function GeneralFields({ settings, errors }: FieldsProps) {
  return (
    <SettingsGroup group="general">
      <Field
        name="name"
        label={t('server.name')}
        defaultValue={settings.name}
        error={errors.name}
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
    </SettingsGroup>
  );
}

/** Who may register. */
function RegistrationFields({ settings, errors, overrides }: FieldsProps) {
  const variable = overrides.registration;
  return (
    <SettingsGroup group="registration">
      <Select
        name="mode"
        label={t('server.registration')}
        defaultValue={settings.registration.mode}
        disabled={variable !== undefined}
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
        hint={variable === undefined ? t('server.domainsHint') : t('server.fixed', { variable })}
        defaultValue={settings.registration.domains.join(', ')}
        disabled={variable !== undefined}
        error={errors.domains}
      />
    </SettingsGroup>
  );
}

/** How long messages can be changed. */
function ChangeFields({ settings }: FieldsProps) {
  return (
    <SettingsGroup group="changes">
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
    </SettingsGroup>
  );
}

/** How long messages are kept. */
function RetentionFields({ settings }: FieldsProps) {
  return (
    <SettingsGroup group="retention">
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
    </SettingsGroup>
  );
}

/** What the server fetches from other sites, and what its emails contain. */
function PrivacyFields({ settings, overrides }: FieldsProps) {
  return (
    <SettingsGroup group="privacy">
      <Select
        name="linkPreviews"
        label={t('server.linkPreviews')}
        defaultValue={settings.linkPreviews ? 'on' : 'off'}
        disabled={overrides.linkPreviews !== undefined}
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
    </SettingsGroup>
  );
}
