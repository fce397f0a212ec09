import type {
  NotificationLevel,
  NotificationSettings,
  UpdateNotificationsBody,
} from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { ownTimeZone, timeZones } from '../lib/time-zones.ts';
import { levelOptions } from '../notifications/level-options.ts';
import { keys } from '../queries/keys.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { attempt } from '../ui/attempt.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Checkbox } from '../ui/checkbox.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { Select } from '../ui/select.tsx';
import { toast } from '../ui/toast.ts';
import { DevicesCard } from './devices-card.tsx';
import { EmailCard } from './email-card.tsx';

/** Changes the settings at once. */
type Change = (body: UpdateNotificationsBody) => Promise<boolean>;

/** Edits the notification settings, which apply to all devices. */
export function NotificationsPage() {
  const client = useClient();
  const { isKnown, settings } = useParley((s) => s.notifications);
  const loaded = useQuery({
    queryKey: keys.notificationSettings(),
    // The client keeps them, and changes them by events.
    queryFn: () => client.notifications.load().then(() => null),
  });
  const change: Change = (body) => attempt(() => client.notifications.change(body));
  return (
    <>
      <PartTitle title={t('ownMenu.notifications')} description={t('notifySettings.intro')} />
      {isKnown ? (
        <>
          <MessagesCard settings={settings} change={change} />
          <DevicesCard />
          <QuietHoursCard settings={settings} change={change} />
          <EmailCard settings={settings} change={change} />
          <SwitchesCard settings={settings} change={change} />
        </>
      ) : (
        <Loading of={loaded} />
      )}
    </>
  );
}

/** Returns a function that saves what was filled in, and says so. */
function useSave(): (body: UpdateNotificationsBody) => Promise<void> {
  const client = useClient();
  return async (body) => {
    const outcome = await client.notifications.change(body);
    if (outcome === 'made') toast.success(t('common.changesSaved'));
    else toast(t('common.changesWaiting'));
  };
}

interface CardProps {
  readonly settings: NotificationSettings;
  readonly change: Change;
}

function MessagesCard({ settings, change }: CardProps) {
  return (
    <Card title={t('notifySettings.messages')} description={t('notifySettings.messagesIntro')}>
      <Select
        label={t('notifySettings.level')}
        options={levelOptions()}
        value={settings.level}
        onChange={({ target }) => void change({ level: target.value as NotificationLevel })}
      />
      <KeywordsForm saved={settings.keywords.join(', ')} />
    </Card>
  );
}

function KeywordsForm({ saved }: { saved: string }) {
  const save = useSave();
  const field = useRef<HTMLFormElement>(null);
  const isEdited = useRef(false);
  const show = (text: string) => {
    const input = field.current?.elements.namedItem('keywords');
    if (input instanceof HTMLInputElement) input.value = text;
  };
  const form = useForm(['keywords'], async ({ keywords }) => {
    const typed = keywords.split(',').map((keyword) => keyword.trim());
    const list = typed.filter((keyword) => keyword !== '');
    await save({ keywords: list });
    isEdited.current = false;
    show(list.join(', '));
  });
  // What is typed stays while it is not saved, also if the server refuses it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the saved keywords change
  useEffect(() => {
    if (!isEdited.current) show(saved);
  }, [saved]);
  return (
    <form
      ref={field}
      {...form.props}
      onInput={(event) => {
        isEdited.current = true;
        form.props.onInput(event);
      }}
      className="mt-4"
    >
      <Problem text={form.problem} />
      <Field
        name="keywords"
        label={t('notifySettings.keywords')}
        hint={t('notifySettings.keywordsHint')}
        defaultValue={saved}
        error={form.errors.keywords}
      />
      <Button type="submit" busy={form.busy} className="mt-3">
        {t('notifySettings.saveKeywords')}
      </Button>
    </form>
  );
}

function QuietHoursCard({ settings: { quietHours }, change }: CardProps) {
  const [isOn, setOn] = useState(quietHours !== null);
  const toggle = (on: boolean) => {
    setOn(on);
    if (!on) void change({ quietHours: null });
  };
  return (
    <Card title={t('notifySettings.quietHours')} description={t('notifySettings.quietIntro')}>
      <Checkbox
        label={t('notifySettings.quietOn')}
        checked={isOn}
        onChange={({ target }) => toggle(target.checked)}
      />
      {isOn && <QuietHoursForm saved={quietHours} />}
    </Card>
  );
}

const [START, END, ZONE] = ['quietHours.start', 'quietHours.end', 'quietHours.timeZone'] as const;

function QuietHoursForm({ saved }: { saved: NotificationSettings['quietHours'] }) {
  const save = useSave();
  const zone = saved?.timeZone ?? ownTimeZone();
  const form = useForm([START, END, ZONE], (values) =>
    save({ quietHours: { start: values[START], end: values[END], timeZone: values[ZONE] } }),
  );
  return (
    <form {...form.props} className="mt-3 grid grid-cols-2 gap-4">
      <div className="col-span-2 empty:hidden">
        <Problem text={form.problem} />
      </div>
      <Field
        name={START}
        type="time"
        label={t('notifySettings.from')}
        defaultValue={saved?.start ?? '22:00'}
        error={form.errors[START]}
      />
      <Field
        name={END}
        type="time"
        label={t('notifySettings.to')}
        defaultValue={saved?.end ?? '07:00'}
        error={form.errors[END]}
      />
      <Select
        name={ZONE}
        label={t('profile.timeZone')}
        options={timeZones(zone)}
        defaultValue={zone}
        className="col-span-2"
      />
      <div className="col-span-2">
        <Button type="submit" busy={form.busy}>
          {t('notifySettings.saveQuietHours')}
        </Button>
      </div>
    </form>
  );
}

const SWITCHES = [
  ['directBreaksMute', 'notifySettings.directBreaksMute'],
  ['mentionsBreakMute', 'notifySettings.mentionsBreakMute'],
  ['reactions', 'notifySettings.reactions'],
  ['newPeople', 'notifySettings.newPeople'],
  ['sounds', 'notifySettings.sounds'],
] as const satisfies readonly (readonly [keyof NotificationSettings, PlainKey])[];

function SwitchesCard({ settings, change }: CardProps) {
  return (
    <Card title={t('notifySettings.more')} description={t('notifySettings.moreIntro')}>
      <div className="flex flex-col gap-2.5">
        {SWITCHES.map(([name, text]) => (
          <Checkbox
            key={name}
            label={t(text)}
            checked={settings[name]}
            onChange={({ target }) => void change({ [name]: target.checked })}
          />
        ))}
      </div>
    </Card>
  );
}
