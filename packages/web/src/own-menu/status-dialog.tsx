import type { OwnStatus, UpdateStatusBody } from '@parley/protocol';
import { LIMITS } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { SmilePlus } from 'lucide-react';
import { type FormEvent, useId, useRef, useState } from 'react';
import { LazyEmojiPicker } from '../emoji/lazy-emoji-picker.tsx';
import { errorMessage } from '../lib/text.ts';
import { fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { FORM } from '../queries/query-client.ts';
import { useAccount } from '../session/use-account.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox } from '../ui/checkbox.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { Select } from '../ui/select.tsx';
import { toast } from '../ui/toast.ts';
import { DURATIONS, type Duration, endOf } from '../users/status-times.ts';
import { StatusSuggestions } from './status-suggestions.tsx';

/** The dialog with which users change their status. */
export function StatusDialog({ onClose }: { onClose: () => void }) {
  const account = useAccount();
  const loaded = useQuery({
    queryKey: keys.status(),
    queryFn: ({ signal }) => account.status({ signal }),
    ...FORM,
  });
  return (
    <Dialog open onClose={onClose} title={t('status.title')}>
      {loaded.data === undefined ? (
        <Loading of={loaded} />
      ) : (
        <StatusForm before={loaded.data} onClose={onClose} />
      )}
    </Dialog>
  );
}

/** `keep`: as it was; `never`: without an end. */
type Choice = Duration | 'keep' | 'never';

/** Returns the options of a choice of an end; `before` is the end that is set already. */
function optionsOf(before: string | null, never: string): [Choice, string][] {
  return [
    ...(before === null
      ? []
      : [['keep', t('status.until', { time: fullTime(before) })] as [Choice, string]]),
    ['never', never],
    ...DURATIONS.map((d): [Choice, string] => [d, t(`statusFor.${d}`)]),
  ];
}

function timeOf(choice: Choice, before: string | null): string | null {
  if (choice === 'never') return null;
  return choice === 'keep' ? before : endOf(choice);
}

function StatusForm({ before, onClose }: { before: OwnStatus; onClose: () => void }) {
  const account = useAccount();
  const [emoji, setEmoji] = useState(before.emoji);
  const [text, setText] = useState(before.text);
  const [clear, setClear] = useState<Choice>(before.expiresAt === null ? 'never' : 'keep');
  const [quiet, setQuiet] = useState<Choice>(before.doNotDisturbUntil === null ? 'never' : 'keep');
  const [showLastSeen, setShowLastSeen] = useState(before.showLastSeen);
  const [isAway, setIsAway] = useState(before.isAway);
  const [busy, setBusy] = useState(false);
  const quietNote = useId();
  const save = async (change: UpdateStatusBody) => {
    setBusy(true);
    try {
      await account.updateStatus(change);
      onClose();
    } catch (error) {
      toast.error(errorMessage(error));
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void save({
      emoji,
      text,
      expiresAt: timeOf(clear, before.expiresAt),
      doNotDisturbUntil: timeOf(quiet, before.doNotDisturbUntil),
      isAway,
      showLastSeen,
    });
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <Field
        label={t('status.text')}
        value={text}
        maxLength={LIMITS.statusTextMax}
        placeholder={t('status.placeholder')}
        onChange={(event) => setText(event.target.value)}
        // The user has just opened the dialog to type.
        autoFocus
      />
      {text === '' && emoji === null && (
        <StatusSuggestions
          onChoose={(chosen) => {
            setText(t(chosen.text));
            setEmoji(chosen.emoji);
            setClear(chosen.clear);
          }}
        />
      )}
      <StatusEmojiChoice emoji={emoji} onChange={setEmoji} />
      <Select
        label={t('status.clearAfter')}
        options={optionsOf(before.expiresAt, t('status.clearNever'))}
        value={clear}
        onChange={(event) => setClear(event.target.value as Choice)}
      />
      <Select
        label={t('status.doNotDisturb')}
        options={optionsOf(before.doNotDisturbUntil, t('status.quietOff'))}
        value={quiet}
        aria-describedby={quietNote}
        onChange={(event) => setQuiet(event.target.value as Choice)}
      />
      <p id={quietNote} className="-mt-1 text-note text-muted">
        {t('status.quietNote')}
      </p>
      <Checkbox
        label={t('status.showAway')}
        checked={isAway}
        onChange={(event) => setIsAway(event.target.checked)}
      />
      <Checkbox
        label={t('status.showLastSeen')}
        checked={showLastSeen}
        onChange={(event) => setShowLastSeen(event.target.checked)}
      />
      <div className="flex justify-end gap-2">
        {(before.emoji !== null || before.text !== '') && (
          <Button
            look="quiet"
            busy={busy}
            onClick={() => void save({ emoji: null, text: '', expiresAt: null })}
          >
            {t('status.clear')}
          </Button>
        )}
        <Button type="submit" look="primary" busy={busy}>
          {t('status.save')}
        </Button>
      </div>
    </form>
  );
}

/** Chooses the emoji of a status. The picker is in the dialog, whose scrolling a popover could not take part in. */
function StatusEmojiChoice({
  emoji,
  onChange,
}: {
  emoji: string | null;
  onChange: (emoji: string | null) => void;
}) {
  const [choosing, setChoosing] = useState(false);
  const label = emoji === null ? t('status.chooseEmoji') : t('status.changeEmoji', { emoji });
  const button = useRef<HTMLButtonElement>(null);
  return (
    <div>
      <div className="flex items-center gap-2">
        <button
          ref={button}
          type="button"
          aria-expanded={choosing}
          aria-label={label}
          title={label}
          onClick={() => setChoosing(!choosing)}
          className="flex size-11 items-center justify-center rounded-lg border border-edge text-muted text-xl hover:bg-hover"
        >
          {emoji ?? <SmilePlus size={18} />}
        </button>
        <span className="text-sm text-soft">{t('status.emoji')}</span>
        {emoji !== null && (
          <Button look="quiet" onClick={() => onChange(null)}>
            {t('status.removeEmoji')}
          </Button>
        )}
      </div>
      {choosing && (
        <div className="mt-2 h-80 rounded-xl border border-line p-2">
          <LazyEmojiPicker
            hasCustom={false}
            onChoose={(option) => {
              onChange(option.emoji);
              setChoosing(false);
              button.current?.focus();
            }}
          />
        </div>
      )}
    </div>
  );
}
