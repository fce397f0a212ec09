import type {
  NotificationLevel,
  NotificationSettings,
  UpdateNotificationsBody,
} from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
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

/** Changes the settings, and shows that they are saved if `done` is given. */
type Change = (body: UpdateNotificationsBody, done?: string) => Promise<boolean>;

/** Edits the notification settings, which apply to all devices. */
export function NotificationsPage() {
  const client = useClient();
  const { isKnown, settings } = useParley((s) => s.notifications);
  const loaded = useQuery({
    queryKey: keys.notificationSettings(),
    // The client keeps them, and changes them by events.
    queryFn: () => client.notifications.load().then(() => null),
  });
  const change: Change = (body, done) =>
    attempt(async () => {
      const outcome = await client.notifications.change(body);
      if (done === undefined) return;
      if (outcome === 'made') toast.success(done);
      else toast(t('common.changesWaiting'));
    });
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

interface CardProps {
  readonly settings: NotificationSettings;
  readonly change: Change;
}

function MessagesCard({ settings, change }: CardProps) {
  const savedKeywords = settings.keywords.join(', ');
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get('keywords') ?? '');
    const keywords = text
      .split(',')
      .map((keyword) => keyword.trim())
      .filter((keyword) => keyword !== '');
    void change({ keywords }, t('common.changesSaved'));
  };
  return (
    <Card title={t('notifySettings.messages')} description={t('notifySettings.messagesIntro')}>
      <Select
        label={t('notifySettings.level')}
        options={levelOptions()}
        value={settings.level}
        onChange={({ target }) => void change({ level: target.value as NotificationLevel })}
      />
      <form onSubmit={save} className="mt-4">
        <Field
          key={savedKeywords}
          name="keywords"
          label={t('notifySettings.keywords')}
          hint={t('notifySettings.keywordsHint')}
          defaultValue={savedKeywords}
        />
        <Button type="submit" className="mt-3">
          {t('notifySettings.saveKeywords')}
        </Button>
      </form>
    </Card>
  );
}

function QuietHoursCard({ settings: { quietHours }, change }: CardProps) {
  const [isOn, setOn] = useState(quietHours !== null);
  const zone = quietHours?.timeZone ?? ownTimeZone();
  const toggle = (on: boolean) => {
    setOn(on);
    if (!on) void change({ quietHours: null });
  };
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const [start, end, timeZone] = ['start', 'end', 'timeZone'].map((name) =>
      String(data.get(name) ?? ''),
    ) as [string, string, string];
    void change({ quietHours: { start, end, timeZone } }, t('common.changesSaved'));
  };
  return (
    <Card title={t('notifySettings.quietHours')} description={t('notifySettings.quietIntro')}>
      <Checkbox
        label={t('notifySettings.quietOn')}
        checked={isOn}
        onChange={({ target }) => toggle(target.checked)}
      />
      {isOn && (
        <form onSubmit={save} className="mt-3 grid grid-cols-2 gap-4">
          <Field
            name="start"
            type="time"
            label={t('notifySettings.from')}
            defaultValue={quietHours?.start ?? '22:00'}
            required
          />
          <Field
            name="end"
            type="time"
            label={t('notifySettings.to')}
            defaultValue={quietHours?.end ?? '07:00'}
            required
          />
          <Select
            name="timeZone"
            label={t('profile.timeZone')}
            options={timeZones(zone)}
            defaultValue={zone}
            className="col-span-2"
          />
          <div className="col-span-2">
            <Button type="submit">{t('notifySettings.saveQuietHours')}</Button>
          </div>
        </form>
      )}
    </Card>
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
