import type { ClientId } from '@parley/protocol';
import { useState } from 'react';
import { fromField, inAnHour, mondayMorning, toField, tomorrowMorning } from '../lib/later.ts';
import { errorMessage } from '../lib/text.ts';
import { dayAndTime } from '../lib/time.ts';
import { useCommandIds } from '../session/use-command-ids.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

const PRESETS: readonly (readonly [PlainKey, () => Date])[] = [
  ['scheduled.inAnHour', inAnHour],
  ['scheduled.tomorrow', tomorrowMorning],
  ['scheduled.monday', mondayMorning],
];

/** Returns the suggested times. On Sundays, tomorrow and Monday are the same one. */
function presetsNow(): readonly (readonly [PlainKey, Date])[] {
  const times = PRESETS.map(([key, timeOf]) => [key, timeOf()] as const);
  return times.filter(
    ([, time], i) => !times.slice(0, i).some(([, other]) => other.getTime() === time.getTime()),
  );
}

/**
 * Asks when to send a message, or when to be reminded of one. The dialog stays open if `onChoose`
 * fails.
 */
export function SendLater({
  title,
  initial,
  action = t('scheduled.schedule'),
  onChoose,
  onClose,
}: {
  title: string;
  initial?: string;
  /** The label of the button. */
  action?: string;
  onChoose: (sendAt: string, id: ClientId) => Promise<void>;
  onClose: () => void;
}) {
  const [value, setValue] = useState(() =>
    toField(initial === undefined ? tomorrowMorning() : new Date(initial)),
  );
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  // The times are fixed while the dialog is open, so that a retry is the same command.
  const [presets] = useState(presetsNow);
  const commandId = useCommandIds();
  const choose = async (time: Date | null) => {
    if (time === null) {
      setProblem(t('scheduled.noTime'));
      return;
    }
    setBusy(true);
    setProblem(undefined);
    try {
      const sendAt = time.toISOString();
      await onChoose(sendAt, commandId(sendAt));
      onClose();
    } catch (error) {
      setProblem(errorMessage(error));
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={title}>
      <ul className="mb-4 space-y-1.5">
        {presets.map(([key, time]) => (
          <li key={key}>
            <Button className="w-full py-1.5" disabled={busy} onClick={() => void choose(time)}>
              <span className="flex w-full flex-wrap justify-between gap-x-2 text-start">
                <span>{t(key)}</span>
                <span className="font-normal text-muted">{dayAndTime(time.toISOString())}</span>
              </span>
            </Button>
          </li>
        ))}
      </ul>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void choose(fromField(value));
        }}
      >
        <Field
          label={t('scheduled.time')}
          type="datetime-local"
          value={value}
          min={toField(new Date())}
          error={problem}
          onChange={(event) => setValue(event.target.value)}
        />
        <Button type="submit" look="primary" busy={busy} className="mt-4 w-full">
          {action}
        </Button>
      </form>
    </Dialog>
  );
}
